"""The table, the JSON and the chart."""
import html
import json

WIDTH, BAR, LEFT = 860, 16, 380


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def line(row):
    met = {True: "yes", False: "NO", None: ""}[row.met]
    spread = f"+-{number(row.spread)}" if row.spread else ""
    return (f"{row.section:<12} {row.what:<58} {number(row.value):>12} {row.unit:<12} "
            f"{spread:<12} {row.target:<9} {met}")


def write_json(path, facts, rows):
    path.write_text(json.dumps({"machine": facts, "rows": [vars(r) for r in rows]}, indent=1))


def write_chart(path, rows):
    """Answers a second of the warm rows as bars, one group for each number of clients."""
    bars = [r for r in rows if r.section in ("warm", "kept") and r.unit == "1/s"]
    if not bars:
        return
    largest = max(r.value for r in bars)
    height = (len(bars) + 2) * (BAR + 6)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           'font-family="sans-serif" font-size="12">',
           '<text x="10" y="18" font-size="14">Answers a second</text>']
    for i, r in enumerate(bars):
        y = (i + 1.5) * (BAR + 6)
        length = max(1, r.value / largest * (WIDTH - LEFT - 90))
        color = "#2a6f97" if "broker" in r.what or "redis" not in r.what and r.section == "kept" \
            else "#9aa5b1"
        out.append(f'<text x="{LEFT - 8}" y="{y + 12:.0f}" text-anchor="end">'
                   f'{html.escape(r.what)}</text>')
        out.append(f'<rect x="{LEFT}" y="{y:.0f}" width="{length:.0f}" height="{BAR}" '
                   f'fill="{color}"/>')
        out.append(f'<text x="{LEFT + length + 6:.0f}" y="{y + 12:.0f}">{number(r.value)}</text>')
    path.write_text("\n".join(out + ["</svg>"]))
