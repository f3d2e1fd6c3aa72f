"""The one style sheet of the HTML page, light and dark, and the colours that the pictures share with it."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --panel: #f6f8fa;
  --failed: #b42318; --blocked: #b42318; --danger: #c2560a; --look: #8a6d00; --changes: #1a7f37; --nothing: #59636e;
  --failed-bg: #fdecea; --blocked-bg: #fdecea; --danger-bg: #fff1e5; --look-bg: #fff8d6; --changes-bg: #e6f6ea;
  --nothing-bg: #f6f8fa; --now: #8c959f; --then: #0969da; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --line: #3d444d; --panel: #151b23;
  --failed: #ff7b72; --blocked: #ff7b72; --danger: #f0883e; --look: #d9b32c; --changes: #4ac26b; --nothing: #9198a1;
  --failed-bg: #3a1715; --blocked-bg: #3a1715; --danger-bg: #35200f; --look-bg: #2f280b; --changes-bg: #12301b;
  --nothing-bg: #151b23; --now: #6e7681; --then: #4493f8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
header, main, footer { max-width: 1080px; margin: 0 auto; padding: 16px 24px; }
header { border-left: 6px solid var(--nothing); margin-top: 24px; background: var(--panel); }
header.failed { border-color: var(--failed); background: var(--failed-bg); }
header.blocked { border-color: var(--blocked); background: var(--blocked-bg); }
header.danger { border-color: var(--danger); background: var(--danger-bg); }
header.look { border-color: var(--look); background: var(--look-bg); }
header.changes { border-color: var(--changes); background: var(--changes-bg); }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 32px 0 8px; overflow-wrap: anywhere; }
p { margin: 0 0 8px; } li { margin: 6px 0; overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--panel);
  padding: 1px 4px; border-radius: 4px; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 12px 0; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
.money { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; color: var(--quiet); }
footer { color: var(--quiet); font-size: 13px; }
.dot { display: inline-block; width: 0.7em; height: 0.7em; border-radius: 50%; background: var(--nothing); }
.dot.failed, .dot.blocked { background: var(--failed); border-radius: 2px; }
.dot.danger { background: var(--danger); } .dot.look { background: var(--look); }
.dot.changes { background: var(--changes); }
th[scope="row"] { white-space: nowrap; }
svg { display: block; max-width: 100%; min-width: 700px; height: auto; } svg text { fill: var(--ink); font-size: 13px; }
svg .quiet { fill: var(--quiet); } svg .mono { font-family: ui-monospace, Menlo, Consolas, monospace; }
svg .edge { fill: none; stroke: var(--line); stroke-width: 1.5; }
svg .needs { fill: none; stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 4 3; }
svg .arrow { fill: var(--quiet); }
svg .box { fill: var(--panel); stroke: var(--line); }
svg .danger { fill: var(--danger-bg); stroke: var(--danger); } svg .look { fill: var(--look-bg); stroke: var(--look); }
svg .changes { fill: var(--changes-bg); stroke: var(--changes); }
svg .nothing { fill: var(--panel); stroke: var(--line); }
svg .now { fill: var(--now); } svg .then { fill: var(--then); }
svg .limit { stroke: var(--failed); stroke-width: 2; stroke-dasharray: 5 3; }
"""
