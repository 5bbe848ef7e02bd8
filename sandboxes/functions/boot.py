# The only file that is compiled inside: takes the modules of `kit` from the host, compiled where
# the host runs the same interpreter, else as sources, and starts the program named like this one.
import marshal
import sys

with open("kit", "rb") as file:
    kit = marshal.loads(file.read())
same = kit["tag"] == f"{sys.implementation.cache_tag} {sys.hexversion}"
for name, source, code in kit["modules"]:
    module = sys.modules[name] = type(sys)(name)
    module.__path__ = []
    exec(marshal.loads(code) if same else compile(source, name + ".py", "exec"), module.__dict__)
for name in kit["modules"]:
    del sys.modules[name[0]]
module.main()
