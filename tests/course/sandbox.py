"""Runs a program that is not trusted: in a process group of its own, with an empty environment and limits on time, memory
and output. On Linux (x86-64, arm64) a program that writes no file may also make no system calls but those that computing,
reading its input and writing its output need: it cannot open a file, start a process, send a signal or use a network.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import subprocess
import tempfile
from typing import NamedTuple

# For each architecture its number in linux/audit.h, and the numbers of the system calls of a statically linked program.
CALLS = {
    "x86_64": (
        0xC000003E,
        """read:0 write:1 close:3 fstat:5 lseek:8 mmap:9 mprotect:10 munmap:11 brk:12 rt_sigaction:13 rt_sigprocmask:14
        writev:20 execve:59 exit:60 arch_prctl:158 futex:202 set_tid_address:218 clock_gettime:228 exit_group:231
        newfstatat:262 set_robust_list:273 getrandom:318 rseq:334""",
    ),
    "aarch64": (
        0xC00000B7,
        """read:63 write:64 close:57 fstat:80 lseek:62 mmap:222 mprotect:226 munmap:215 brk:214 rt_sigaction:134
        rt_sigprocmask:135 writev:66 execve:221 exit:93 futex:98 set_tid_address:96 clock_gettime:113 exit_group:94
        newfstatat:79 set_robust_list:99 getrandom:278 rseq:293""",
    ),
}
# An interpreter that is running already may start no other program, and needs more calls for its memory.
WITHIN = {"x86_64": "sched_yield:24 mremap:25 madvise:28 getpid:39 gettid:186", "aarch64": "sched_yield:124 mremap:216 madvise:233 getpid:172 gettid:178"}
FILTERED = platform.system() == "Linux" and platform.machine() in CALLS
LIBC = ctypes.CDLL(None, use_errno=True) if FILTERED else None
SHOWN = 1 << 20  # bytes of output that are read


class Ending(NamedTuple):
    status: int  # exit code, negative for a signal
    reason: str  # in words
    output: str  # without control characters, which could fake a line on a terminal
    errors: str


def filter_program(within=False):
    """The system call filter, in the language of linux/filter.h. All other calls fail with "not permitted"."""
    architecture, calls = CALLS[platform.machine()]
    if within:
        calls = " ".join(call for call in calls.split() if not call.startswith("execve:")) + " " + WITHIN[platform.machine()]
    load, equal, answer = 0x20, 0x15, 0x06
    refuse, allow, kill = 0x00050001, 0x7FFF0000, 0x80000000
    lines = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load, 0, 0, 0)]
    for call in calls.split():
        lines += [(equal, 0, 1, int(call.split(":")[1])), (answer, 0, 0, allow)]
    lines += [(answer, 0, 0, refuse)]
    return b"".join(struct.pack("HBBI", *line) for line in lines), len(lines)


def confine(seconds, memory, file_size, filtered):
    """Called in the child before the program starts."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if filtered:
        install_filter()


def install_filter(within=False):
    code, count = filter_program(within)
    buffer = ctypes.create_string_buffer(code)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", count, ctypes.addressof(buffer)))
    if LIBC.prctl(38, 1, 0, 0, 0) or LIBC.prctl(22, 2, program, 0, 0):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        os._exit(125)


def confine_self():
    """Called in an interpreter after it has imported all that it needs, and before it runs the code of a submission."""
    if FILTERED:
        install_filter(within=True)


def run(command, given="", folder=".", seconds=10, memory=1 << 30, file_size=0, environment=None, filtered=True):
    """Runs `command` to its end or to a limit, and ends its whole process group. The seconds are processor time, so that a
    busy machine changes no score; on the clock it may take three times as long. A file_size lets it write files of that
    many bytes, without the system call filter; without `filtered` the program installs the filter itself. Never raises for what the program does."""
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        asked.write(given.encode())
        asked.seek(0)
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment or {},
            stdin=asked,
            stdout=output,
            stderr=errors,
            start_new_session=True,
            preexec_fn=lambda: confine(seconds, memory, file_size or SHOWN, FILTERED and filtered and not file_size),
        )
        timed_out = False
        try:
            process.wait(3 * seconds)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            status = process.wait()
        texts = []
        for file in (output, errors):
            file.seek(0)
            text = file.read(SHOWN).decode(errors="replace")
            texts.append("".join(c if c.isprintable() or c in "\n\t" else "?" for c in text))
        # A compiler consists of several processes. Its output says that one of them met the limit.
        if timed_out or status == -signal.SIGXCPU or signal.strsignal(signal.SIGXCPU) in texts[1]:
            reason = f"took more than {seconds} seconds"
        elif status == -signal.SIGXFSZ:
            reason = "printed too much"
        elif status < 0:
            reason = f"was ended by {signal.Signals(-status).name}"
        else:
            reason = f"ended with exit code {status}"
        return Ending(status, reason, *texts)
