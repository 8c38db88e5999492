"""The tasks of a lecturer, beside those of tasks.py. README.md ("Teach with primer") shows one."""


def tasks():
    import math
    from tasks import entries, matrix, own, sigmoid

    return {}
