#!/bin/bash
# Measures the real window under a real mouse: from the move to the pixels.
#
#   mouse.sh PROGRAM [MOVES]
#
# First a line of the histogram of Calibrate, with 10,000 scores, to the confusion
# matrix; then the wheel over the History's table of 100,000 verdicts. The bars are
# 50 ms for 95 of 100 moves and, for the table, nothing that a person would call a
# stall: 100 ms at most. The same window lights up an item of its rail first: that
# is what any change costs on this machine at this moment, and on a busy one the
# ratio to it and the processor time of the window are what can be compared. Needs Xvfb, xdotool, ImageMagick and gcc (make setup).
set -uo pipefail
program=$(realpath "$1"); moves=${2:-120}
if [ "${ON_DISPLAY:-}" = "" ]; then
  exec env ON_DISPLAY=1 xvfb-run -a -s "-screen 0 1280x800x24 +extension GLX" "$0" "$program" "$moves"
fi
here=$(dirname "$(realpath "$0")"); work=$(mktemp -d); failed=0
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null; rm -rf "$work"' EXIT
gcc -O2 "$here/pointer.c" -o "$work/pointer" -lX11 -ldl || exit 1
export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_CACHE_HOME="$work/home/.cache" XDG_RUNTIME_DIR="$work/run" LANG=en_US.UTF-8
mkdir -p "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR"
settle() {
  local last= now i
  for ((i = 0; i < 80; i++)); do
    sleep 0.5; now=$(import -window root -resize 25% rgba:- | md5sum)
    [ "$now" = "$last" ] && return; last=$now
  done
}
window() { # opens the program with arguments and goes to a screen by its number
  local screen=$1 i; shift
  "$program" "$@" >"$work/log" 2>&1 & pid=$!
  for ((i = 0; i < 240; i++)); do xdotool search --onlyvisible --name Agurscope >/dev/null 2>&1 && break; sleep 0.25; done
  settle; xdotool key --clearmodifiers "ctrl+$screen"; settle
}
measure() { # name, bar in ms for p95, arguments of pointer
  local name=$1 bar=$2 got p95 used; shift 2
  used=$(cpu)
  got=$("$work/pointer" "$@") || { echo "$name: nothing was measured"; tail -5 "$work/log"; failed=1; return; }
  used=$(( ($(cpu) - used) * 1000 / $(getconf CLK_TCK) / moves ))
  got="$got, $used ms of processor each"
  p95=$(grep -oE '"p95_ms":[0-9.]+' <<<"$got" | cut -d: -f2)
  if awk "BEGIN { exit !($p95 <= $bar) }" && grep -q '"missing":0' <<<"$got"; then echo "$name: $got, within $bar ms"; else echo "$name: $got, NOT within $bar ms"; failed=1; fi
  [ -n "${KEEP_PICTURES:-}" ] && import -window root "$KEEP_PICTURES/$(cut -d, -f1 <<<"$name" | tr ' ' -).png"
}
cpu() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; } # ticks that the window has used
close() { kill $pid 2>/dev/null; wait $pid 2>/dev/null; }

window 4 bench-ui --scores 10000
measure "an item of the rail" 50 hover 30 40 52 "$moves" 0 0 64 130
measure "histogram to matrix, 10,000 scores" 50 drag 259 376 40 "$moves" 80 465 450 170
close
"$program" demo-history "$work/h.db" --days 100 --each 500 >/dev/null || failed=1
window 7 --db "$work/h.db"
measure "an item of the rail" 50 hover 30 40 52 "$moves" 0 0 64 130
measure "table of 100,000 verdicts" 100 wheel 390 400 0 "$moves" 80 120 620 590
close
exit $failed
