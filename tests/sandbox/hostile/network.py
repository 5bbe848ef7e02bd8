"""Cases that want to speak to somebody: by every family of sockets, by name, to the engine."""

from __future__ import annotations

from tests.sandbox.hostile.case import TRY, Case, number_of
from vervet.core.status import Status

__all__ = ["CASES"]

CRASHED, PASSED = Status.CRASHED, Status.PASSED
REFUSED = ("PermissionError", "OSError")

CASES = (
    Case("connects by TCP", "sockets of each family",
         "import socket\nsocket.create_connection(('1.1.1.1', 80), 1)", CRASHED, REFUSED),
    Case("connects to its own host", "sockets of each family",
         "import socket\nfor port in (22, 80, 2375, 5432, 6379):\n"
         "    socket.create_connection(('127.0.0.1', port), 1)", CRASHED, REFUSED),
    Case("sends by UDP", "sockets of each family", "import socket\n"
         "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53))",
         CRASHED, REFUSED),
    Case("listens", "sockets of each family", "import socket\n"
         "s = socket.socket()\ns.bind(('', 0))\ns.listen()\nprint(42)", CRASHED, REFUSED),
    Case("an abstract socket", "sockets of each family", "import socket\n"
         "s = socket.socket(socket.AF_UNIX)\ns.bind('\\0vervet')\nprint(42)", CRASHED, REFUSED),
    Case("a pair that speaks to named sockets", "sockets of each family", "import socket\n"
         "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
         "b.sendto(b'x', '\\0vervet')\nprint(42)", CRASHED, REFUSED),
    Case("a socket of every family", "sockets of each family", TRY +
         "for family in range(64):\n    for kind in (1, 2, 3, 4, 5, 10):\n"
         f"        call({number_of('socket')}, family, kind, 0)\nprint(got or 42)", PASSED),
    Case("a pair of every family", "sockets of each family", TRY +
         "for family in range(64):\n    for kind in (2, 3, 4, 10):\n"
         f"        call({number_of('socketpair')}, family, kind, 0, room)\nprint(got or 42)",
         PASSED),
    Case("netlink", "sockets of each family", "import socket\n"
         "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nprint(42)", CRASHED, REFUSED),
    Case("raw packets", "sockets of each family", "import socket\n"
         "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\nprint(42)", CRASHED, REFUSED),
    Case("asks DNS", "DNS", "import socket\ntry:\n    print(socket.gethostbyname('example.com'))\n"
         "except OSError:\n    print(42)", PASSED),
    Case("fetches a page", "DNS", "import urllib.request\ntry:\n"
         "    print(urllib.request.urlopen('http://example.com', timeout=1).read())\n"
         "except OSError:\n    print(42)", PASSED, limits={"cpu_s": 3.0}),
    Case("opens the docker socket", "the docker socket", "import socket\nfound = []\n"
         "for path in ('/var/run/docker.sock', '/run/docker.sock', '/run/containerd',\n"
         "             '/run/podman/podman.sock', '/run/systemd/private', '/run/dbus'):\n"
         "    try:\n        s = socket.socket(socket.AF_UNIX)\n        s.connect(path)\n"
         "        found.append(path)\n    except OSError:\n        pass\nprint(found or 42)",
         PASSED),
    Case("opens the docker socket where processes are allowed", "the docker socket",
         "import socket\nfound = []\nfor path in ('/var/run/docker.sock', '/run/docker.sock'):\n"
         "    try:\n        s = socket.socket(socket.AF_UNIX)\n        s.connect(path)\n"
         "        found.append(path)\n    except OSError:\n        pass\nprint(found or 42)",
         PASSED, processes=True),
    Case("connects where processes are allowed", "sockets of each family", "import socket\n"
         "socket.create_connection(('1.1.1.1', 80), 1)", CRASHED, REFUSED, processes=True),
)  # fmt: skip
