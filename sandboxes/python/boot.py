# Started with `python -c`: takes the guest's modules from the host on descriptor 0, compiled
# where the host runs the same interpreter, else as source.
import marshal
import os
import sys


def take(size):
    data = b""
    while len(data) < size:
        part = os.read(0, size - len(data))
        if not part:
            os._exit(3)
        data += part
    return data


for name, code in marshal.loads(take(int.from_bytes(take(4), "big"))):
    module = sys.modules[name] = type(sys)(name)
    module.__path__ = []
    exec(
        compile(code, name + ".py", "exec", dont_inherit=True) if isinstance(code, str) else code,
        module.__dict__,
    )
del sys.modules["__main__"].take
sys.modules["guest.runner"].main()
