#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
"""Targets behind a GDB stub: a process under gdbserver, a guest of QEMU, and servers that lie.

Needs $O/dma-inspect, $O/drivers, $O/tests/mem_probe."""
import concurrent.futures
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import mem_dumps

O = os.environ.get("O", "build")
PROBE = os.path.join(O, "tests", "mem_probe")
INSPECT = os.path.join(O, "dma-inspect")
DRIVERS = os.path.join(O, "drivers")
HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = ["dma", "dma 0 3f", "leaks", "leaks -a", "violations", "check", "stale", "summary"]
GONE = "closed the connection|went away|connection broke"
failed = 0
lock = threading.Lock()


def case(name, good, why=""):
    global failed
    with lock:
        failed += not good
        print("ok gdb " + name if good else "not ok gdb %s: %s" % (
            name, str(why).replace("\n", " ") or "see the script"), flush=True)
    return good


def skip(name, why):
    print("skip gdb %s: %s" % (name, why), flush=True)


def probe(*args):
    r = subprocess.run([PROBE] + [str(a) for a in args], capture_output=True, timeout=60)
    return r.returncode, r.stdout, r.stderr.decode(errors="replace")


def ask(target, *options):
    """Exit code, tables of every command, what it said on stderr."""
    argv = [INSPECT, "-j", *options]
    for c in COMMANDS:
        argv += ["-c", c]
    r = subprocess.run(argv + [target], capture_output=True, text=True, timeout=60)
    return r.returncode, [json.loads(x)["tables"] for x in r.stdout.splitlines()], r.stderr


# ---- gdbserver ----

def state(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(x.split()[1] for x in f if x.startswith("State:"))


def in_state(pid, want):
    """Within two seconds?"""
    for _ in range(40):
        if state(pid) in want:
            return True
        time.sleep(0.05)
    return False


class GdbServer:
    """One connection after another, until it is closed."""

    def __init__(self, *args):
        self.p = subprocess.Popen(["gdbserver", *args], stderr=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.target = self.said = ""
        for line in self.p.stderr:
            self.said += line
            if line.startswith("Listening on port "):
                self.target = "gdb:127.0.0.1:" + line.split()[-1]
                break
        threading.Thread(target=self.p.stderr.read, daemon=True).start()

    def close(self):
        self.p.kill()
        self.p.wait()


def held():
    p = subprocess.Popen([DRIVERS, "e6_0f_5_overrun", "--mode", "log", "--hold"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while "held" not in p.stdout.readline():
        pass
    return p


def may_attach():
    """A container, or Yama, may forbid it."""
    p = held()
    server = GdbServer("--attach", "127.0.0.1:0", str(p.pid))
    server.close()
    p.kill()
    p.wait()
    if not server.target:
        skip("gdbserver", "may not attach: " + server.said.replace("\n", " "))
    return bool(server.target)


def gdbserver_process():
    p = held()
    server = GdbServer("--attach", "127.0.0.1:0", str(p.pid))
    try:
        case("gdbserver stops the process", in_state(p.pid, "t"), state(p.pid))
        first = ask(server.target, "--hold")
        case("gdbserver --hold leaves it stopped", in_state(p.pid, "t"), state(p.pid))
        second = ask(server.target, "--hold")
        describes(server.target)        # and lets go
        case("gdbserver lets it go", in_state(p.pid, "S"), state(p.pid))
        live = ask("pid:%d" % p.pid)
        case("gdbserver finds what there is", first[0] == 1 and "e6_0f_5_overrun" in
             json.dumps(first[1]), first)
        case("gdbserver twice the same", first == second,
             "%s instead of %s" % (second, first))
        case("gdbserver answers as pid:N", first[:2] == live[:2], "%s instead of %s" % (
            first, live))
    finally:
        server.close()
        p.kill()
        p.wait()


def info(target):
    rc, out, err = probe(target, "info")
    d = {}
    for line in out.decode(errors="replace").splitlines():
        key, _, val = line.partition(" ")
        d.setdefault(key, []).append(val)
    return d if not rc else {}, err


def describes(target):
    d, err = info(target)
    case("gdbserver format", d.get("format") == ["process under gdbserver"], err or d)
    case("gdbserver program", d.get("executable") == [os.path.realpath(DRIVERS)], d)
    case("gdbserver machine", d.get("bits") == ["64"] and d.get("big_endian") == ["0"] and
         d.get("machine") != ["0"], d)


def gdbserver_bytes(tmp):
    """Byte by byte what the process holds, and the first byte that it does not."""
    exe = os.path.join(tmp, "gdb_victim")
    mem_dumps.build(mem_dumps.VICTIM, exe)
    want = mem_dumps.pattern()
    p = mem_dumps.live(exe)
    server = GdbServer("--attach", "--multi", "127.0.0.1:0", str(p.pid))
    try:
        rc, out, err = probe(server.target, "read", "virt", 0x20000000, len(want))
        case("gdbserver bytes", rc == 0 and out == want, err or "other bytes")
    finally:
        server.close()
        p.kill()
        p.wait()
    p = mem_dumps.live(exe)
    server = GdbServer("--attach", "127.0.0.1:0", str(p.pid))
    try:
        rc, _, err = probe(server.target, "read", "virt", 0x20000000 + (3 << 20) - 8, 16)
        case("gdbserver end of a mapping", rc == 1 and "0x20300000" in err and "error 2" in err,
             err)
    finally:
        server.close()
        p.kill()
        p.wait()


def gdbserver_own():
    """A process that gdbserver started, and stopped at its first instruction, runs on."""
    server = GdbServer("127.0.0.1:0", DRIVERS, "e6_0f_5_overrun", "--mode", "log", "--hold")
    rc, _, err = ask(server.target)
    case("gdbserver before main", rc == 3, "%d %s" % (rc, err))
    pid = next((int(x) for x in os.listdir("/proc") if x.isdigit() and
                is_command(x, [DRIVERS, "e6_0f_5_overrun", "--mode", "log", "--hold"],
                           server.p.pid)), 0)
    watch = threading.Timer(10, server.p.kill)
    watch.start()
    try:
        case("gdbserver's own process runs on", pid and in_state(pid, "S") and
             any("held" in line for line in server.p.stdout), "no process, or not held")
    finally:
        watch.cancel()
        if pid:
            os.kill(pid, signal.SIGKILL)
        server.close()


def is_command(pid, argv, parent):
    try:
        with open("/proc/%s/cmdline" % pid) as f:
            if f.read().split("\0")[:-1] != argv:
                return False
        with open("/proc/%s/stat" % pid) as f:
            return int(f.read().rsplit(")", 1)[1].split()[1]) == parent
    except OSError:
        return False


def gdbserver_none():
    server = GdbServer("--multi", "127.0.0.1:0")
    try:
        _, err = info(server.target)
        case("gdbserver without a process", "runs no process" in err, err)
    finally:
        server.close()


# ---- QEMU ----

class Guest(mem_dumps.Guest):
    """The firmware guest of mem_dumps.py with a GDB stub on a socket; stopped."""

    def __init__(self, tmp):
        super().__init__(tmp)
        self.path = os.path.join(tmp, "gdb.sock")
        self.say("gdbserver unix:%s,server=on,wait=off" % self.path)
        self.target = "gdb:unix:" + self.path

    def running(self):
        return "running" in self.say("info status")

    def physical_mode(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(self.path)
        s.sendall(b"+$qqemu.PhyMemMode#" + b"%02x" % (sum(b"qqemu.PhyMemMode") & 255))
        got = b""
        while b"$0#" not in got and b"$1#" not in got:
            got += s.recv(100)
        s.close()
        return b"$1#" in got


def qemu_guest(tmp):
    if not shutil.which("qemu-system-x86_64"):
        skip("QEMU", "qemu-system-x86_64 is not installed")
        return
    g = Guest(tmp)
    try:
        ram = os.path.join(tmp, "gdb.ram")
        g.say("pmemsave 0 0x%x \"%s\"" % (mem_dumps.RAM, ram))
        with open(ram, "rb") as f:
            ram = f.read()
        d, err = info(g.target)
        case("QEMU opens", d.get("format") == ["guest of QEMU, by its GDB stub"], err or d)
        case("QEMU machine", d.get("machine") == ["62"] and d.get("bits") == ["64"], d)
        case("QEMU physical mode is put back", not g.physical_mode())
        case("QEMU paused guest stays paused", not g.running())
        qemu_bytes(g, d, ram, tmp)
        qemu_running(g)
    finally:
        g.close()


def qemu_bytes(g, d, ram, tmp):
    image = os.path.join(tmp, "gdb.image")
    rc, out, err = probe(g.target, "cat", "phys", image)
    case("QEMU walk", rc == 0 and b"missed 0 " in out, err or out)
    bad, total = [], 0
    with open(image, "rb") as f:
        for r in d.get("phys", []):
            a, b = (int(x, 0) for x in r.split())
            for at in range(a, min(b, mem_dumps.RAM), 4096):
                total += 1
                f.seek(at)
                if f.read(4096) != ram[at:at + 4096]:
                    bad.append(hex(at))
    case("QEMU bytes as pmemsave", not bad and total > (mem_dumps.RAM >> 12) * 9 // 10,
         "%d of %d pages differ: %s" % (len(bad), total, bad[:4]))
    end = mem_dumps.RAM
    rc, _, err = probe(g.target, "read", "phys", end - 4, 8)
    case("QEMU no zeros beyond RAM", rc == 1 and "error 2" in err and hex(end) in err, err)
    rc, out, err = probe(g.target, "read", "virt", 0x400ff8, 32)
    case("QEMU virtual, paging off", rc == 0 and out == ram[0x400ff8:0x401018], err)


def qemu_running(g):
    g.say("cont")
    rc, _, err = probe(g.target, "read", "phys", 0x400000, 16)
    case("QEMU running guest is read", rc == 0, err)
    case("QEMU running guest runs on", g.running())
    subprocess.run([INSPECT, "--hold", "-c", "target", g.target], capture_output=True, timeout=60)
    case("QEMU --hold leaves it paused", not g.running())


# ---- servers that lie ----

class Server:
    """A stub whose replies are a table, {request prefix: reply or function}; `hurt` changes what is
    sent. Serves one connection."""

    offers = b"PacketSize=1000;qXfer:memory-map:read+;qXfer:features:read+"
    memory = bytes(range(256)) * 32
    base = 0x1000

    def __init__(self, table=None, offers=None, hurt=None, raw=None):
        self.table, self.hurt, self.raw = table or {}, hurt, raw
        self.offers = self.offers if offers is None else offers
        self.ack, self.got, self.sent = True, [], 0
        self.s = socket.socket()
        self.s.bind(("127.0.0.1", 0))
        self.s.listen(1)
        self.target = "gdb:127.0.0.1:%d" % self.s.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            c, _ = self.s.accept()
            with c:
                if self.raw:
                    self.raw(c)
                else:
                    self.talk(c)
        except OSError:
            pass

    def talk(self, c):
        data, last = b"", b""
        while True:
            while data[:1] in (b"+", b"-", b"\x03"):
                if data[:1] == b"-":
                    c.sendall(self.hurt(self, b"-", last))
                data = data[1:]
            end = data.find(b"#")
            if end < 0 or len(data) < end + 3:
                more = c.recv(65536)
                if not more:
                    return
                data += more
                continue
            request, data = data[data.find(b"$") + 1:end], data[end + 3:]
            self.got.append(request)
            ack, last = b"+" if self.ack else b"", b""
            for reply in self.replies(request):
                good = b"$%s#%02x" % (reply, sum(reply) & 255)
                last = good
                self.sent += 1
                c.sendall(ack + (self.hurt(self, request, good) if self.hurt else good))
                ack = b""
            if request == b"QStartNoAckMode":
                self.ack = False

    def replies(self, request):
        for prefix, reply in self.table.items():
            if request.startswith(prefix):
                out = reply(request) if callable(reply) else reply
                return [out] if isinstance(out, bytes) else out
        return [self.own(request)]

    def own(self, request):
        if request.startswith(b"qSupported"):
            return self.offers
        if request.startswith(b"qXfer:memory-map"):
            return (b'l<?xml version="1.0"?><memory-map><memory type="ram" start="0x%x" '
                    b'length="0x%x"/></memory-map>' % (self.base, len(self.memory)))
        if request.startswith(b"qXfer:features"):
            return b"l<target><architecture>i386:x86-64</architecture></target>"
        if request == b"QStartNoAckMode":
            return b"OK"
        if request == b"?":
            return b"S05"
        if request in (b"D", b"Hg0"):
            return b"OK"
        if request[:1] in (b"m", b"x"):
            return self.read(request)
        return b""

    def bytes_at(self, request):
        at, n = (int(x, 16) for x in request[1:].split(b","))
        at -= self.base
        return self.memory[at:at + n] if 0 <= at < len(self.memory) else b""

    def read(self, request):
        return self.bytes_at(request).hex().encode() or b"E01"


def runs(text):
    """With every run written short, as gdbserver does."""
    out, i = b"", 0
    while i < len(text):
        n = 1
        while i + n < len(text) and text[i + n] == text[i] and n < 98:
            n += 1
        out += text[i:i + 1]
        more = n - 1
        while more in (6, 7):           # these counts would be spelt # and $
            more -= 1
        if more >= 3:
            out += b"*" + bytes([more + 29])
            i += 1 + more
        else:
            i += 1
    return out


def escaped(data):
    return b"".join(b"}" + bytes([x ^ 32]) if x in b"#$}*" else bytes([x]) for x in data)


def good_servers():
    """Odd, but right: the bytes must come."""
    zeros = Server()
    zeros.memory = bytes(3000) + b"\x11" * 500 + bytes(4596)

    def once(n, what):
        return lambda s, request, good: what(good) if s.sent == n and request != b"-" else good

    def tail(s, request, good):
        return b"%Stop:T05#00" + good + b"+"

    for name, s in (
            ("plain", Server()),
            ("no acknowledgements", Server(offers=Server.offers + b";QStartNoAckMode+")),
            ("runs", zeros),
            ("binary", Server(offers=Server.offers + b";binary-upload+")),
            ("short answers", Server()),
            ("small packets", Server(offers=b"PacketSize=40;qXfer:memory-map:read+")),
            ("checksum wrong once", Server(hurt=once(5, lambda x: x[:-1] + b"z"))),
            ("a packet cut off, then whole", Server(hurt=once(6, lambda x: x[:9] + x))),
            ("no acknowledgements, checksum wrong once", Server(
                offers=Server.offers + b";QStartNoAckMode+",
                hurt=once(6, lambda x: x[:-1] + b"z"))),
            ("asks for a packet again", Server(hurt=once(4, lambda x: b"-"))),
            ("notifications", Server(hurt=tail))):
        if name == "runs":
            s.read = lambda r, z=s: runs(Server.read(z, r))
        if name == "binary":
            s.read = lambda r, z=s: b"b" + escaped(z.bytes_at(r))
        if name == "short answers":
            s.read = lambda r, z=s: Server.read(z, r)[:34] or b"E01"
        rc, out, err = probe(s.target, "read", "virt", s.base + 5, 8000)
        case("right though odd: " + name, rc == 0 and out == s.memory[5:8005],
             err or "other bytes, after %s" % s.got)


def bad(name, server, words, seconds=5, args=("read", "virt", 0x1000, 4096)):
    start = time.monotonic()
    rc, _, err = probe(server.target, *args)
    took = time.monotonic() - start
    case("wrong: " + name, rc == 1 and any(w in err for w in words.split("|")), "%d %s" % (rc, err))
    if took > seconds:
        case("wrong: %s ends in time" % name, False, "%.1f s" % took)


def forever(data):
    def raw(c):
        while True:
            c.sendall(data)
    return raw


def drip(c):
    c.sendall(b"+$")
    while True:
        c.sendall(b"a")
        time.sleep(0.5)


def silent(c):
    time.sleep(30)


def bad_servers():
    def closing(data):
        return Server(raw=lambda c: c.recv(100) and c.sendall(data))

    def dying(request):
        raise OSError(request)

    def flood(request):
        what = bytes.fromhex(request.partition(b",")[2].decode())
        return [b"O" + (b"x" * 2000).hex().encode()] * 600 if b"mtree" in what else b""

    def answer(reply):
        return Server(table={b"m": reply})

    chatty = Server(table={b"qqemu.PhyMemMode": b"0", b"qRcmd": flood})
    endless = Server(table={b"qXfer:memory-map": b"m" + b" " * 2000})
    for name, server, words in (
            ("closes at once", closing(b""), GONE),
            ("closes in a packet", closing(b"+$PacketSi"), GONE),
            ("closes in a checksum", closing(b"+$PacketSize=1000#4"), GONE),
            ("speaks something else", Server(raw=forever(b"HTTP/1.1 400 Bad Request\r\n")),
             "does not speak the GDB remote protocol"),
            ("an endless packet", Server(raw=lambda c: (c.sendall(b"$"), forever(b"a" * 999)(c))),
             "longer than"),
            ("checksums never right", Server(hurt=lambda s, r, g: g[:-2] + b"zz"),
             "wrong checksum"),
            ("never takes a packet", Server(raw=forever(b"-")), "damaged packets"),
            ("a run of nothing", answer(b"*!00"), "run of bytes"),
            ("a run too long", answer(b"0*" + b"\x7f"), "run of bytes"),
            ("half a byte", answer(b"012"), "is no memory"),
            ("no digits", answer(b"zz" * 8), "is no memory"),
            ("more than was asked", answer(b"00" * 3000), "is no memory"),
            ("refuses", answer(b"E0e"), "refuses to read 0x1000"),
            ("refuses in words", answer(b"E.no"), "refuses to read 0x1000"),
            ("knows no m", answer(b""), "refuses to read 0x1000"),
            ("dies while it is read", Server(table={b"m": dying}), GONE),
            ("a monitor without end", chatty, "nothing physical is read"),
            ("a document without end", endless, "")):
        where = "phys" if server is chatty else "virt"
        if server is endless:
            rc, _, err = probe(server.target, "info")
            case("wrong: " + name, rc == 0, err)
        else:
            bad(name, server, words, 12, ("read", where, 0x1000, 4096))


def slow_servers():
    """Each costs its deadline: at the same time."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for f in [pool.submit(bad, name, server, "no whole answer in 10 seconds", 13)
                  for name, server in (
                      ("silence", Server(raw=silent)),
                      ("a drop now and then", Server(raw=drip)),
                      ("packets begun and begun", Server(raw=forever(b"$aaaaaaaaaa" * 99))))]:
            f.result()


def interrupted():
    """^C ends a wait at once."""
    p = subprocess.Popen([INSPECT, "-c", "target", Server(raw=silent).target],
                         stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    start = time.monotonic()
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=30)
    case("^C while it waits", time.monotonic() - start < 2 and "stopped" in err, err)


def names():
    for target, words in (("gdb:", "expected gdb:HOST:PORT"), ("gdb:host", "expected"),
                          ("gdb:127.0.0.1:1", "nobody listens"),
                          ("gdb:127.0.0.1:65537", "a port is"), ("gdb:127.0.0.1:0", "a port is"),
                          ("gdb:127.0.0.1:-1", "a port is"), ("gdb:127.0.0.1:ssh", "a port is"),
                          ("gdb:/nowhere/at/all", "cannot connect"),
                          ("gdb:unix:" + "x" * 200, "characters at most")):
        _, err = info(target)
        case("name " + target[:24], words in err, err)


def board(tmp):
    """A board's memory map: its region is found by scan, as in a raw image of the same memory."""
    raw = os.path.join(tmp, "region")
    r = subprocess.run([os.path.join(O, "tests", "mkregion"),
                        os.path.join(HERE, "regions", "full.txt"), raw],
                       capture_output=True, text=True)
    if not case("board: a region", r.returncode == 0, r.stderr):
        return
    s = Server(offers=Server.offers + b";QStartNoAckMode+")
    s.base = int(r.stdout, 16)
    with open(raw, "rb") as f:
        s.memory = f.read()
    want = ask(raw, "--base", r.stdout.strip())
    case("board: as the raw image", ask(s.target)[:2] == want[:2] and want[1], want)
    case("board: goes on", s.got[-1] == b"D", s.got[-1])


def main():
    for need in (PROBE, INSPECT, DRIVERS):
        if not os.path.exists(need):
            print("no %s" % need)
            return 77
    slow = threading.Thread(target=slow_servers)
    slow.start()
    with tempfile.TemporaryDirectory() as tmp:
        names()
        good_servers()
        bad_servers()
        interrupted()
        board(tmp)
        if not shutil.which("gdbserver"):
            skip("gdbserver", "not installed")
        elif may_attach():
            gdbserver_none()
            gdbserver_own()
            gdbserver_process()
            gdbserver_bytes(tmp)
        qemu_guest(tmp)
    slow.join()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
