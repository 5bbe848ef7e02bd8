# Started with `python -c`: takes the guest's modules, compiled by the host, from descriptor 0.
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
    exec(code, module.__dict__)
del sys.modules["__main__"].take
sys.modules["guest.runner"].main()
