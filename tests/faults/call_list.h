/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * call_list.h -- every call of the library that can fail, and how
 *
 * CALL(id, name, errors...): the errors are those that the manuals name and
 * that the kernel may give for good arguments. Calls that do several things,
 * such as fcntl(), are one entry for each. SHORT is not an error: the call
 * does half of what it was asked to do.
 *
 * Two errors are given only when they are true, because no code could live
 * with the lie: ECHILD of a wait comes once the child has ended, and takes
 * its status away as a host would that reaps everything; ESRCH of kill()
 * comes for process groups alone. kill(pid, 0) never lies, nor does a wait
 * for a signal that is pending.
 */
#define CALLS(CALL)                                                            \
    CALL(FORK, "fork", EAGAIN, ENOMEM, ENOSYS)                                 \
    CALL(PIPE, "pipe", EMFILE, ENFILE)                                         \
    CALL(PIPE2, "pipe2", EMFILE, ENFILE, ENOSYS, EPERM)                        \
    CALL(EVENTFD, "eventfd", EMFILE, ENFILE, ENOMEM, ENODEV, ENOSYS, EPERM)    \
    CALL(MEMFD, "memfd_create", EMFILE, ENFILE, ENOMEM, ENOSYS, EPERM, EACCES) \
    CALL(MKSTEMP, "mkstemp", EMFILE, ENOSPC, EACCES, EROFS, EEXIST)            \
    CALL(UNLINK, "unlink", EACCES, EBUSY, EIO)                                 \
    CALL(SOCKETPAIR, "socketpair", EMFILE, ENFILE, ENOMEM, ENOBUFS,            \
         EAFNOSUPPORT)                                                         \
    CALL(OPEN, "open", EMFILE, ENFILE, ENOENT, EACCES, EINTR, ENOMEM)          \
    CALL(READLINK, "readlink", EACCES, ENOENT, ENOMEM)                         \
    CALL(CLOSE, "close", EINTR, EIO)                                           \
    CALL(FSTAT, "fstat", ENOMEM, EIO)                                          \
    CALL(FCNTL_DUP, "fcntl:dup", EMFILE, EINVAL)                               \
    CALL(FCNTL_SETFD, "fcntl:setfd", EPERM)                                    \
    CALL(FCNTL_GETFL, "fcntl:getfl", EPERM)                                    \
    CALL(FCNTL_SETFL, "fcntl:setfl", EPERM)                                    \
    CALL(FCNTL_SETLK, "fcntl:setlk", EAGAIN, EACCES, EINTR, ENOLCK)            \
    CALL(FCNTL_GETLK, "fcntl:getlk", EINTR, ENOLCK)                            \
    CALL(FCNTL_SEALS, "fcntl:seals", EINVAL, EPERM, EBUSY)                     \
    CALL(FTRUNCATE, "ftruncate", EINTR, EFBIG, EINVAL, EPERM)                  \
    CALL(READ, "read", EINTR, EAGAIN, EIO)                                     \
    CALL(WRITE, "write", EINTR, EAGAIN, EIO, ENOSPC)                           \
    CALL(PREAD, "pread", EINTR, EIO, SHORT)                                    \
    CALL(PWRITE, "pwrite", EINTR, EIO, ENOSPC, EFBIG, EDQUOT, SHORT)           \
    CALL(FALLOCATE, "fallocate", EINTR, EIO, ENOSPC, EOPNOTSUPP, ENOSYS,       \
         EPERM)                                                                \
    CALL(POSIX_FALLOCATE, "posix_fallocate", EINTR, EIO, ENOSPC, EOPNOTSUPP,   \
         EINVAL, EFBIG)                                                        \
    CALL(SEND, "send", EINTR, EAGAIN, ENOBUFS, ENOMEM, EPIPE, ECONNRESET)      \
    CALL(SENDMSG, "sendmsg", EINTR, EAGAIN, ENOBUFS, ENOMEM, SHORT)            \
    CALL(RECVMSG, "recvmsg", EINTR, EAGAIN, ENOMEM, SHORT)                     \
    CALL(SHUTDOWN, "shutdown", ENOTCONN, ENOBUFS)                              \
    CALL(POLL, "poll", EINTR, EAGAIN, ENOMEM, EINVAL)                          \
    CALL(NANOSLEEP, "nanosleep", EINTR)                                        \
    CALL(MMAP, "mmap", ENOMEM, EAGAIN, ENFILE, EPERM)                          \
    CALL(MUNMAP, "munmap", ENOMEM)                                             \
    CALL(MADVISE, "madvise", EAGAIN, EINVAL, ENOMEM, ENOSYS, EPERM)            \
    CALL(MPROTECT, "mprotect", EACCES, ENOMEM)                                 \
    CALL(KILL_ONE, "kill:one", EPERM)                                          \
    CALL(KILL_GROUP, "kill:group", EPERM, ESRCH)                               \
    CALL(SETPGID, "setpgid", EACCES, EPERM, ESRCH)                             \
    CALL(WAIT, "wait4", EINTR, ECHILD)                                         \
    CALL(WAITID, "waitid", EINTR)                                              \
    CALL(SIGACTION, "sigaction", EINVAL)                                       \
    CALL(SIGTIMEDWAIT, "sigtimedwait", EINTR)                                  \
    CALL(PRCTL_NAME, "prctl:name", EINVAL, ENOSYS, EPERM)                      \
    CALL(PRCTL_DEATH, "prctl:death", EINVAL, ENOSYS, EPERM)                    \
    CALL(FUTEX_WAIT, "futex:wait", EINTR, EAGAIN, ETIMEDOUT, ENOSYS, EPERM)    \
    CALL(FUTEX_WAKE, "futex:wake", ENOSYS, EPERM)                              \
    CALL(PIDFD_OPEN, "pidfd_open", EMFILE, ENFILE, ENOMEM, ENODEV, ENOSYS,     \
         EPERM)                                                                \
    CALL(PIDFD_SIGNAL, "pidfd_send_signal", ENOSYS, EPERM)                     \
    CALL(AFFINITY, "sched_getaffinity", EINVAL, ENOSYS, EPERM)                 \
    CALL(YIELD, "sched_yield", ENOSYS)                                         \
    CALL(SYSCONF, "sysconf", EINVAL)                                           \
    CALL(USAGE, "getrusage", ENOSYS)                                           \
    CALL(FFLUSH, "fflush", EIO, ENOSPC, EPIPE)                                 \
    CALL(ATEXIT, "atexit", ENOMEM)                                             \
    CALL(ON_EXIT, "on_exit", ENOMEM)                                           \
    CALL(ALLOCATE, "allocate", ENOMEM)
