#!/usr/bin/env python3
"""A library is a guest: its own objects do not even refer to what would end, silence or surprise
the process that it lives in. (std::terminate is not on the list: the compiler and <thread> put it
behind noexcept and ~thread, where no code of ours arrives.)

usage: check_polite.py OBJECT...
"""
import subprocess
import sys

RULES = {
    "ends the process": "exit _exit _Exit quick_exit abort __assert_fail",
    "touches signals": "signal sigaction sigprocmask sigaltstack kill raise alarm setitimer",
    "reads or changes the environment": "getenv secure_getenv environ __environ setenv putenv "
                                        "unsetenv clearenv setlocale chdir umask",
    "writes to a stream": "printf __printf_chk vprintf puts putchar perror stdout stderr "
                          "fprintf __fprintf_chk vfprintf fputs fputc fwrite dprintf syslog "
                          "_ZSt4cout _ZSt4cerr _ZSt4clog",
    "starts a program": "system popen fork vfork execve execvp posix_spawn posix_spawnp",
    "belongs to the host of the loop":
        "uv_default_loop uv_replace_allocator uv_library_shutdown uv_queue_work uv_getaddrinfo "
        "uv_getnameinfo uv_setup_args uv_disable_stdio_inheritance",
    "leaves a destructor behind at thread or process exit":
        "pthread_key_create __cxa_thread_atexit __cxa_thread_atexit_impl atexit __cxa_atexit",
}
FORBIDDEN = {name: why for why, names in RULES.items() for name in names.split()}
ONLY_IN = {"pthread_sigmask": "port/"}


def references(objects):
    """(object, name) of every undefined symbol."""
    lines = subprocess.run(["nm", "-A", "-P", "--undefined-only", *objects],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    for line in lines:
        where, name = line.split()[:2]
        yield where.rstrip(":"), name.partition("@")[0]


def fault(where, name):
    if name.startswith("uv_fs_"):
        return "runs on the host's thread pool"
    if name in ONLY_IN and f"/{ONLY_IN[name]}" not in where:
        return f"belongs to {ONLY_IN[name]}"
    return FORBIDDEN.get(name)


def main(objects):
    seen = list(references(objects))
    faults = [f"{where}: {name} {fault(where, name)}" for where, name in seen if fault(where, name)]
    print("\n".join(faults) or f"{len(objects)} objects, {len(seen)} references: polite")
    return 1 if faults or not seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
