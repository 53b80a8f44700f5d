"""What the benchmarks that time programs write: this machine's name, and a section of docs/benchmarks.md."""
import platform
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/benchmarks.md"


def cpu_name():
    return next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                 if line.startswith("model name")), platform.machine())


def update(name, heading, text):
    """Writes `text` into the section of the benchmark `name`; makes the section if there is none."""
    begin, end = f"<!-- bench {name} -->\n", f"<!-- end of bench {name} -->\n"
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n"
    if begin not in page:
        page += f"\n## {heading}\n\n`./dev bench {name} --update-docs` writes this.\n\n{begin}{end}"
    head, tail = page.split(begin)[0], page.split(end)[1]
    PAGE.write_text(head + begin + text + end + tail)
