#!/bin/bash
# Proves with the real window that what was open survives a kill, that the window
# comes back where it was, and that a second one in the same folder says why it
# does not open:
#
#   state.sh PROGRAM
#
# Needs Xvfb, xdotool and ImageMagick (make setup).
set -uo pipefail
program=$(realpath "$1")
if [ "${ON_DISPLAY:-}" = "" ]; then ON_DISPLAY=1 exec xvfb-run -a -s "-screen 0 1600x1000x24 +extension GLX" "$0" "$program"; fi
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_DATA_HOME="$work/home/data" XDG_CACHE_HOME="$work/home/.cache" XDG_RUNTIME_DIR="$work/run" LANG=en_US.UTF-8
mkdir -p "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR"
memory=$XDG_DATA_HOME/agurscope/window.json
fail()  { echo "FAILED: $*"; cat "$memory" "$work"/log* 2>/dev/null; kill -9 $pid 2>/dev/null; exit 1; }
until_() { local i what=$1; shift; for ((i = 0; i < 240; i++)); do "$@" && return; sleep 0.25; done; fail "waited in vain until $what"; }
start() { "$program" "$@" >"$work/log" 2>&1 & pid=$!; until_ "there is a window" xdotool search --onlyvisible --name Agurscope >/dev/null; }
holds() { grep -q "$1" "$memory" 2>/dev/null; }

start --demo
until_ "set and recipe are remembered" holds '"recipe": ".*demo.agur"'
id=$(xdotool search --onlyvisible --name Agurscope | head -1)
xdotool windowsize "$id" 1400 900
until_ "the size is remembered" holds '"Width": 1400'
# A threshold, moved on Calibrate by the keys, once the parts are scored.
xdotool key ctrl+4
moves() { xdotool mousemove 420 300 click 1 key Right key Right key Right; sleep 2; holds '"moved-thresholds"'; }
until_ "moved thresholds are remembered" moves
xdotool key ctrl+7
until_ "the screen is remembered" holds '"screen": "History"'
before=$(tr -d '\n ' <"$memory" | grep -o '"moved-thresholds":{.*}')
kill -9 $pid; wait $pid 2>/dev/null

start
until_ "the recipe is open again" sleep 5
after=$(tr -d '\n ' <"$memory" | grep -o '"moved-thresholds":{.*}')
[ -n "$after" ] && [ "$before" = "$after" ] || fail "thresholds in progress: before $before, after $after"
holds '"screen": "History"' || fail "another screen"
holds '"Width": 1400' || fail "another size"

"$program" >"$work/log2" 2>&1 & second=$!
two() { [ "$(xdotool search --onlyvisible --name Agurscope | wc -l)" = 2 ]; }
until_ "the second window says why it is none" two
sleep 1; import -window root "${OUT:-$work}/second.png"
kill $second; wait $second 2>/dev/null; [ $? -ne 0 ] || fail "the second one ends as if all were well"
grep -q "open already" "$work/log2" || fail "the second one says nothing"
kill -0 $pid || fail "the first window has ended"
kill $pid; wait $pid 2>/dev/null
grep -q "Error in Fyne call thread\|panic:" "$work"/log* && fail "the log"
echo "What was open survives kill -9; the second window says why it is none."
