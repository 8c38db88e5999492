"""Runs a program that is not trusted: in a process group of its own, with an empty environment and limits on time, memory
and output. On Linux (x86-64, arm64) it may also make no system calls but those that reading, computing and writing to its
pipes need: it cannot write, rename or remove a file, start a process, send a signal or open a connection.
"""

import ctypes
import os
import platform
import resource
import selectors
import signal
import struct
import subprocess
import time
from typing import NamedTuple

# System calls by number, after linux/asm/unistd.h: read write close fstat lseek mmap mprotect munmap brk rt_sigaction
# rt_sigprocmask rt_sigreturn pread64 writev access madvise getpid execve exit uname readlink arch_prctl futex
# set_tid_address clock_gettime exit_group newfstatat readlinkat set_robust_list getrandom rseq; open and openat apart.
CALLS = {
    "x86_64": (
        0xC000003E,
        257,
        [
            0,
            1,
            3,
            5,
            8,
            9,
            10,
            11,
            12,
            13,
            14,
            15,
            17,
            20,
            21,
            28,
            39,
            59,
            60,
            63,
            89,
            158,
            202,
            218,
            228,
            231,
            262,
            267,
            273,
            318,
            334,
        ],
    ),
    "aarch64": (
        0xC00000B7,
        56,
        [
            63,
            64,
            57,
            80,
            62,
            222,
            226,
            215,
            214,
            134,
            135,
            139,
            67,
            66,
            48,
            233,
            172,
            221,
            93,
            160,
            78,
            98,
            96,
            113,
            94,
            79,
            99,
            278,
            293,
        ],
    ),
}
FILTERED = platform.system() == "Linux" and platform.machine() in CALLS
LIBC = ctypes.CDLL(None, use_errno=True) if FILTERED else None


class Ending(NamedTuple):
    status: int  # exit code, negative for a signal
    reason: str  # in words
    output: str
    errors: str


def filter_program():
    """The system call filter, in the language of linux/filter.h. What is not allowed fails with "not permitted"."""
    architecture, openat, calls = CALLS[platform.machine()]
    load, equal, any_bit, answer = 0x20, 0x15, 0x45, 0x06
    refuse, allow, kill = 0x00050001, 0x7FFF0000, 0x80000000
    writing = 3 | 0o100 | 0o1000 | 0o2000 | 0o20000000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE
    lines = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load, 0, 0, 0)]
    for number in calls:
        lines += [(equal, 0, 1, number), (answer, 0, 0, allow)]
    lines += [
        (equal, 0, 3, openat),
        (load, 0, 0, 32),
        (any_bit, 1, 0, writing),
        (answer, 0, 0, allow),
        (answer, 0, 0, refuse),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines), len(lines)


def confine(cpu, memory, file_size):
    """Called in the child before the program starts."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if file_size == 0 and FILTERED:
        code, count = filter_program()
        buffer = ctypes.create_string_buffer(code)
        program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", count, ctypes.addressof(buffer)))
        if LIBC.prctl(38, 1, 0, 0, 0) or LIBC.prctl(22, 2, program, 0, 0):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
            os._exit(125)


def run(command, given="", folder=".", seconds=10, memory=1 << 30, output_limit=1 << 20, file_size=0, environment=None):
    """Runs `command` to its end or to a limit, and ends its whole process group. With file_size 0 the system call filter
    is on. Never raises for what the program does."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment or {},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: confine(int(seconds) + 1, memory, file_size),
    )
    deadline = time.monotonic() + seconds
    waiting = memoryview(given.encode())
    taken = {process.stdout: bytearray(), process.stderr: bytearray()}
    reason = ""
    with selectors.DefaultSelector() as selector:
        os.set_blocking(process.stdin.fileno(), False)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        for pipe in taken:
            selector.register(pipe, selectors.EVENT_READ)
        open_pipes = len(taken)
        while open_pipes and not reason:
            left = deadline - time.monotonic()
            if left <= 0:
                reason = f"took more than {seconds} seconds"
                break
            for key, _ in selector.select(left):
                pipe = key.fileobj
                if pipe is process.stdin:
                    try:
                        waiting = waiting[os.write(pipe.fileno(), waiting[:65536]) :]
                    except OSError:
                        waiting = waiting[:0]
                    if not waiting:
                        selector.unregister(pipe)
                        pipe.close()
                    continue
                chunk = os.read(pipe.fileno(), 65536)
                if not chunk:
                    selector.unregister(pipe)
                    open_pipes -= 1
                taken[pipe] += chunk
                if len(taken[pipe]) > output_limit:
                    reason = "printed too much"
    if not reason:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            reason = f"took more than {seconds} seconds"
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    status = process.wait()
    for pipe in (process.stdin, *taken):
        pipe.close()
    if not reason:
        reason = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with exit code {status}"
    output, errors = (bytes(taken[pipe][:output_limit]).decode(errors="replace") for pipe in taken)
    return Ending(status, reason, output, errors)
