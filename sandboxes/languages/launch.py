"""Runs inside the profile `languages`: a compiler, or a program in another language than Python.

    launch.py compile PRODUCT COMMAND...    0 if COMMAND made PRODUCT, 1 if not, 125 if there is
                                            no such command
    launch.py run PRODUCT COMMAND...        becomes COMMAND, which may be PRODUCT itself

A folder from which nothing may be executed holds the working folder of some sandboxes, so a
program that was compiled is started from a file in memory.
"""

import os
import shutil
import subprocess
import sys

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SETTINGS = {
    "LANG": "C.UTF-8",
    # Node reads a file below /etc, which candidates do not see.
    "OPENSSL_CONF": "",
}
COMPILE_FAILED, NO_TOOL = 1, 125


def main():
    what, product, *command = sys.argv[1:]
    home = os.getcwd()
    environment = {**SETTINGS, **os.environ, "PATH": PATH, "HOME": home, "TMPDIR": home}
    if what == "compile":
        if shutil.which(command[0], path=PATH) is None:
            print(f"there is no {command[0]}", file=sys.stderr)
            sys.exit(NO_TOOL)
        ended = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
        sys.exit(0 if ended.returncode == 0 and os.path.isfile(product) else COMPILE_FAILED)
    if command[0] == f"./{product}":
        os.execve(in_memory(product), command, environment)
    os.execvpe(command[0], command, environment)


def in_memory(product):
    """A descriptor of an executable copy that does not lie in the working folder."""
    copy = os.memfd_create(product)
    with open(product, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = 0
        while start < size:
            start += os.sendfile(copy, file.fileno(), start, size - start)
    os.set_inheritable(copy, True)
    return copy


main()
