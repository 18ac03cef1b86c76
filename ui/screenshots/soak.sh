#!/bin/bash
# Lets the kiosk show ten parts a second and watches its memory: the median of the
# last fifth must be within 5 % of that of the second.
#
#   soak.sh PROGRAM DURATION, such as 30m
set -uo pipefail
program=$(realpath "$1"); for_=$2
if [ "${ON_DISPLAY:-}" = "" ]; then ON_DISPLAY=1 exec xvfb-run -a -s "-screen 0 1280x800x24 +extension GLX" "$0" "$program" "$for_"; fi
seconds=$(case $for_ in *m) echo $((${for_%m} * 60)) ;; *s) echo "${for_%s}" ;; *h) echo $((${for_%h} * 3600)) ;; *) echo "$for_" ;; esac)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_DATA_HOME="$work/home/data" XDG_CACHE_HOME="$work/home/.cache" XDG_RUNTIME_DIR="$work/run" LANG=en_US.UTF-8
mkdir -p "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR"
"$program" --kiosk --rate 10 >"$work/log" 2>&1 & pid=$!
for ((i = 0; i < 240; i++)); do xdotool search --onlyvisible --name Agurscope >/dev/null 2>&1 && break; sleep 0.25; done
sleep 10 # fonts, recipe, first parts
every=$(awk "BEGIN { print $seconds / 120 }")
for ((i = 0; i < 120; i++)); do
  sleep "$every"
  awk '/VmRSS/ { print $2 / 1024 }' "/proc/$pid/status" >>"$work/memory" 2>/dev/null || { echo "FAILED: the kiosk ended"; tail -5 "$work/log"; exit 1; }
done
import -window root "${OUT:-$work}/kiosk-soak.png"
kill $pid; wait $pid 2>/dev/null
grep "Error in Fyne call thread\|panic:" "$work/log" && { echo "FAILED: the log"; exit 1; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
early=$(sed -n 25,48p "$work/memory" | median); late=$(tail -24 "$work/memory" | median)
awk "BEGIN { g = 100 * ($late / $early - 1); printf \"%s of kiosk at 10 parts/s: %.0f MB in the second fifth, %.0f MB in the last, %+.1f %%\n\", \"$for_\", $early, $late, g; exit g > 5 }" || { echo "FAILED: memory grows"; exit 1; }
