# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
"""plot_growth.py -- the lines of W11_growth as an SVG picture

    mp_bench --only W11 | python3 plot_growth.py > growth.svg

Four panels: cost of a task by the number of tasks, cost of a byte by the bytes
of a task (and memcpy's), cost of a task by workers, memory by tasks. All axes
are logarithmic; medians are drawn.
"""
import math
import sys

PANELS = (("tasks", "tasks", "ns/task"),
          ("bytes", "bytes of a task", "ns/byte"),
          ("workers", "workers", "ns/task"),
          ("memory", "tasks", "KiB in all"))
COLOURS = {"libmp": "#1f5fa8", "memcpy": "#c0562b"}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 420, 300, 64, 44, 34


def read(lines):
    """{axis: {peer: [(amount, value)]}}"""
    found = {}
    for line in lines:
        fields = line.strip().split(",")
        if len(fields) != 5 or fields[1] != "W11_growth" or "=" not in fields[2]:
            continue
        axis, amount = fields[2].split("=")
        found.setdefault(axis, {}).setdefault(fields[0], []).append(
            (float(amount), float(fields[3])))
    return found


def short(number):
    for unit, size in (("M", 1e6), ("k", 1e3), ("", 1)):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}"


def decades(low, high):
    """Powers of ten around; one more when there would be but one."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return range(first, max(last, first + 1) + 1)


def panel(title, unit, lines, left, top):
    points = [point for line in lines.values() for point in line]
    xs = sorted({x for x, _ in points})
    ys = decades(min(y for _, y in points), max(y for _, y in points))
    span = math.log10(xs[-1] / xs[0]) or 1

    def at(x, y):
        right = math.log10(x / xs[0]) / span * (WIDTH - LEFT - 24)
        up = (math.log10(y) - ys[0]) / (ys[-1] - ys[0]) * (HEIGHT - BOTTOM - TOP)
        return left + LEFT + right, top + HEIGHT - BOTTOM - up

    yield (f'<text x="{left + LEFT}" y="{top + 18}" class="title">'
           f'{unit}, by {title}</text>')
    for power in ys:
        x, y = at(xs[0], 10.0 ** power)
        yield (f'<line x1="{x}" y1="{y:.1f}" x2="{left + WIDTH - 24}" y2="{y:.1f}" '
               f'class="grid"/><text x="{x - 6}" y="{y + 4:.1f}" '
               f'text-anchor="end">{short(10.0 ** power)}</text>')
    for x in xs:
        across, _ = at(x, 10.0 ** ys[0])
        yield (f'<text x="{across:.1f}" y="{top + HEIGHT - BOTTOM + 16}" '
               f'text-anchor="middle">{short(x)}</text>')
    for number, (peer, line) in enumerate(sorted(lines.items())):
        colour = COLOURS.get(peer, "#666666")
        places = [at(x, y) for x, y in sorted(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}"/>'
        for x, y in places:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
        yield (f'<text x="{left + WIDTH - 24}" y="{top + TOP + 14 * number}" '
               f'text-anchor="end" fill="{colour}">{peer}</text>')


def main():
    found = read(sys.stdin)
    if not found:
        sys.exit("plot_growth.py: no line of W11_growth on stdin")
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}" '
          f'height="{2 * HEIGHT}" font-family="sans-serif" font-size="11">'
          '<style>.grid{stroke:#dddddd}.title{font-size:13px}</style>'
          '<rect width="100%" height="100%" fill="white"/>')
    for number, (axis, title, unit) in enumerate(PANELS):
        if axis in found:
            print("\n".join(panel(title, unit, found[axis],
                                  number % 2 * WIDTH, number // 2 * HEIGHT)))
    print("</svg>")


main()
