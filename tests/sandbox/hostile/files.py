"""Cases that write where they may not, read what they must not, and leave things behind."""

from __future__ import annotations

from pathlib import Path

import vervet.core.status
from tests.sandbox.hostile.case import TRY, Case, number_of
from vervet.core.status import Status

__all__ = ["CASES", "MARK"]

CRASHED, PASSED, FAILED = Status.CRASHED, Status.PASSED, Status.FAILED
MARK = "vervet-hostile-mark"
"""In the name of everything that a case tries to leave outside its tmp."""

HOST_FILES = [str(Path(__file__)), str(Path(__file__).parents[3] / "pyproject.toml"),
              str(Path(vervet.core.status.__file__))]  # fmt: skip

WALK = f"""
import os, sys
MARK = {MARK!r}
tops = {{'/', '/dev', '/dev/shm', '/dev/mqueue', '/dev/pts', '/proc', '/proc/sys/kernel', '/sys',
        '/sys/fs/cgroup', '/etc', '/root', '/home', '/var/tmp', '/var', '/run', '/run/lock',
        '/mnt', '/opt', '/usr', '/srv', '/lib', '/work', os.path.dirname(os.__file__)}}
tops |= {{os.path.abspath(p) for p in sys.path if not p.startswith('/tmp')}}
for top in list(tops):
    try:
        tops |= {{os.path.join(top, n) for n in os.listdir(top)[:300]}}
    except OSError:
        pass
tops = [t for t in sorted(tops) if t != '/tmp' and not t.startswith('/tmp/')]
done = []
def attempt(what, *arguments, **named):
    try:
        what(*arguments, **named)
        done.append((what.__name__, arguments[:1]))
    except (OSError, ValueError):
        pass
"""

WRITES = (
    Case("writes to every visible path", "writes to every visible path", WALK +
         "for top in tops:\n"
         "    for path in (top, os.path.join(top, MARK)):\n"
         "        if not path.startswith(('/dev/null', '/dev/std', '/dev/fd', '/dev/zero',\n"
         "                                '/dev/full', '/dev/random', '/dev/urandom',\n"
         "                                '/dev/tty', '/dev/ptmx')):\n"
         "            attempt(open, path, 'ab')\n"
         "    attempt(os.mkdir, os.path.join(top, MARK))\nprint(done or 42)", PASSED, (),
         {"cpu_s": 10.0}),
    Case("makes nodes in every visible place", "writes to every visible path", WALK +
         "import socket, stat\nfor top in tops:\n    path = os.path.join(top, MARK)\n"
         "    attempt(os.mkfifo, path)\n    attempt(os.mknod, path)\n"
         "    attempt(os.mknod, path, stat.S_IFCHR | 0o666, os.makedev(1, 5))\n"
         "    attempt(os.mknod, path, stat.S_IFBLK | 0o666, os.makedev(8, 0))\n"
         "print(done or 42)", PASSED, (), {"cpu_s": 10.0}),
    Case("makes devices in its tmp", "writes to every visible path", "import os, stat\n"
         "for kind, number in ((stat.S_IFCHR, os.makedev(1, 1)), (stat.S_IFBLK, "
         "os.makedev(8, 0))):\n    try:\n        os.mknod('/tmp/node', kind | 0o666, number)\n"
         "        open('/tmp/node', 'rb').read(16)\n        print('read')\n"
         "    except OSError:\n        pass\nprint(42)", PASSED),
    Case("changes and removes what it sees", "writes to every visible path", WALK +
         "for top in tops:\n    if top.startswith('/dev'):\n        continue\n"
         "    attempt(os.chmod, top, 0o777)\n    attempt(os.chown, top, os.getuid(), -1)\n"
         "    attempt(os.utime, top, (0, 0))\n    attempt(os.truncate, top, 0)\n"
         "    attempt(os.rename, top, top + MARK)\n"
         "    if not os.path.isdir(top):\n        attempt(os.unlink, top)\n"
         "    attempt(os.setxattr, top, 'user.x', b'x')\nprint(done or 42)", PASSED, (),
         {"cpu_s": 10.0}),
    Case("fills the tmp", "filling the tmp", "import os\nfor n in range(1000):\n"
         "    open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))", CRASHED, ("OSError", "exit_1")),
    Case("fills the tmp with empty files", "filling the tmp", "n = 0\nwhile True:\n"
         "    open(f'/tmp/{n}', 'w').close()\n    n += 1", Status.TIMED_OUT, "cpu_time"),
    Case("holds the full tmp open", "filling the tmp", "import os, time\nkept = []\ntry:\n"
         "    for n in range(50):\n        kept.append(open(f'/tmp/{n}', 'wb', 0))\n"
         "        os.unlink(f'/tmp/{n}')\n        kept[-1].write(bytes(10 << 20))\n"
         "except OSError:\n    pass\nprint(42)", PASSED, (), {"cpu_s": 5.0}),
    Case("writes one large file", "filling the tmp", "open('x', 'wb').write(bytes(17 << 20))",
         CRASHED, "OSError"),
    Case("a file with a hole as large as a disk", "filling the tmp",
         "import os\nos.truncate(open('x', 'wb').fileno(), 1 << 50)", CRASHED, "OSError"),
    Case("leaves a file in every place of its own", "filling the tmp", "import os\n"
         "for f in ('a', '/tmp/b', '/tmp/.stdin', '/tmp/.c'):\n    try:\n"
         "        open(f, 'a').write('x')\n    except OSError:\n        pass\nprint(42)", PASSED),
    Case("leaves folders as deep as it can", "filling the tmp", "import os\nos.chdir('/tmp')\n"
         "for n in range(3000):\n    try:\n        os.mkdir('d' * 100)\n"
         "        os.chdir('d' * 100)\n    except OSError:\n        break\nprint(42)", PASSED, (),
         {"cpu_s": 5.0}),
    Case("leaves names that are no text", "filling the tmp", "import os\n"
         "for n in range(1, 256):\n    if n != 47:\n"
         "        open(b'/tmp/x' + bytes([n]), 'w').close()\nprint(42)", PASSED),
)  # fmt: skip

LINKS = (
    Case("leaves links and folders behind", "symlink tricks", "import os\n"
         "os.symlink('/etc', '/tmp/etc')\nos.symlink('/', '/tmp/root')\n"
         "os.makedirs('/tmp/a/b')\nos.chmod('/tmp/a', 0)\nprint(42)", PASSED),
    Case("puts a link in the place of its folder", "symlink tricks", "import os, shutil\n"
         "here = os.getcwd()\nos.chdir('/tmp')\ntry:\n    os.rename(here, '/tmp/moved')\n"
         "    os.symlink('/usr', here)\nexcept OSError:\n    pass\nprint(42)", PASSED),
    Case("reads through links", "symlink tricks", "import os\nfound = []\n"
         "for n, p in enumerate(('/etc/passwd', '/etc/shadow', '/proc/1/environ', '/root/.ssh',\n"
         "                       '../../../../etc/shadow', '/proc/self/root/etc/shadow')):\n"
         "    os.symlink(p, f'l{n}')\n    try:\n        found.append(open(f'l{n}').read(9))\n"
         "    except OSError:\n        pass\n"
         "print([f for f in found if not f.startswith('root:x')] or 42)", PASSED),
    Case("hard links to what it can read", "hardlink tricks", "import os, sys\ndone = []\n"
         "for p in (os.__file__, sys.executable, '/etc/passwd', '/dev/null', '/proc/self/exe'):\n"
         "    try:\n        os.link(p, '/tmp/linked')\n        done.append(p)\n"
         "    except OSError:\n        pass\nprint(done or 42)", PASSED),
    Case("mounts", "mount tricks", TRY + "try:\n    os.makedirs('m')\n"
         "except OSError:\n    pass\n"
         f"call({number_of('mount')}, b'none', b'/tmp', b'tmpfs', 0, 0)\n"
         f"call({number_of('mount')}, b'/', b'm', b'', 4096, 0)\n"
         f"call({number_of('mount')}, b'proc', b'm', b'proc', 0, 0)\n"
         f"call({number_of('mount')}, b'', b'/', b'', 32 | 4096, 0)\n"
         f"call({number_of('umount2')}, b'/tmp', 2)\n"
         f"call({number_of('umount2')}, b'/dev', 2)\n"
         f"call({number_of('pivot_root')}, b'm', b'm')\ncall({number_of('chroot')}, b'm')\n"
         f"call({number_of('fsopen')}, b'tmpfs', 0)\n"
         f"call({number_of('open_tree')}, -100, b'/', 1)\n"
         f"call({number_of('move_mount')}, -100, b'/usr', -100, b'm', 0)\n"
         f"call({number_of('mount_setattr')}, -100, b'/', 0, room, 32)\n"
         "print(got or 42)", PASSED),
    Case("opens by handle", "mount tricks", TRY +
         f"call({number_of('name_to_handle_at')}, -100, b'/', room, room, 0)\n"
         f"call({number_of('open_by_handle_at')}, -100, room, 0)\nprint(got or 42)", PASSED),
    Case("escapes its root by a folder that it holds", "mount tricks", "import os\n"
         "fd = os.open('.', os.O_RDONLY)\ntry:\n    os.chroot('/tmp')\nexcept OSError:\n    pass\n"
         "os.fchdir(fd)\nfor _ in range(99):\n    os.chdir('..')\n"
         f"print([p for p in {HOST_FILES!r} if os.access(p.lstrip('/'), os.R_OK)] or 42)",
         PASSED),
    Case("becomes root by a file of root's", "mount tricks", "import os, shutil, sys\n"
         "shutil.copy(sys.executable, 'x')\nos.chmod('x', 0o6755)\n"
         "try:\n    os.execv('./x', ['x', '-c', 'import os; print(os.geteuid())'])\n"
         "except OSError:\n    print(42)", PASSED, (), {"file_size": 64 << 20}),
)  # fmt: skip

READS = (
    Case("reads /etc/shadow", "writes to every visible path",
         "print(open('/etc/shadow').read())", CRASHED,
         ("FileNotFoundError", "PermissionError")),
    Case("reads a file of the host by its name", "writes to every visible path",
         f"import os\nfound = []\nfor path in {HOST_FILES!r}:\n    try:\n"
         "        found.append(open(path).read(20))\n    except OSError:\n        pass\n"
         "print(found or 42)", PASSED),
    Case("sees whether a file of the host is there", "writes to every visible path",
         f"import os\nprint([p for p in {HOST_FILES!r} if os.path.exists(p)] or 42)", PASSED,
         without={"mountns": FAILED}),
    Case("imports third-party modules", "import of site packages",
         "from importlib.util import find_spec\n"
         "print([m for m in ('pip', 'vervet', 'setuptools', 'pytest', 'yaml', 'sqlalchemy') "
         "if find_spec(m)] or 42)", PASSED),
    Case("turns site on", "import of site packages", "import site, sys\ntry:\n    site.main()\n"
         "except OSError:\n    pass\nfrom importlib.util import find_spec\n"
         "print([m for m in ('pip', 'vervet', 'yaml') if find_spec(m)] or 42)", PASSED),
    Case("looks for third-party modules beside the library", "import of site packages",
         "import os, sysconfig\nfound = []\nlib = os.path.dirname(os.__file__)\n"
         "for name in ('site-packages', 'dist-packages'):\n"
         "    for folder in (lib, os.path.dirname(lib), '/usr/lib/python3', "
         "'/usr/local/lib/python3.11', *sysconfig.get_paths().values()):\n        try:\n"
         "            found += [n for n in os.listdir(os.path.join(folder, name))\n"
         "                      if n.startswith(('vervet', 'pytest', 'sqlalchemy'))]\n"
         "        except OSError:\n            pass\nprint(found or 42)", PASSED),
    Case("inherited descriptors", "inherited descriptors", "import os\nfound = []\n"
         "for n in range(3, 4096):\n    try:\n        os.fstat(n)\n        found.append(n)\n"
         "    except OSError:\n        pass\nprint(found or 42)", PASSED),
    Case("its own descriptors are files without a folder", "inherited descriptors",
         "import os\nfound = []\nfor n in (0, 1, 2):\n    for path in ('..', '.', ''):\n"
         "        try:\n            found.append(os.open(path or '.', os.O_RDONLY, dir_fd=n))\n"
         "        except OSError:\n            pass\nprint(found or 42)", PASSED),
    Case("writes to its input", "inherited descriptors", "import os\ntry:\n"
         "    os.ftruncate(0, 1 << 20)\n    print('resized')\nexcept OSError:\n    pass\ntry:\n"
         "    os.write(0, b'x')\n    print('written')\nexcept OSError:\n    print(42)", PASSED),
)  # fmt: skip

CASES = (*WRITES, *LINKS, *READS)
