#!/bin/bash
# Walks, with the mouse and keys of a person who has never seen the program, from a
# folder of good parts to a recipe that rejects 1 % of them, counts the actions, and
# leaves the pictures of the README:
#
#   tour.sh PROGRAM FOLDER
#
# An action is a click, or a field that is filled in. Needs Go, which draws the
# parts, Xvfb, xdotool, ImageMagick and unzip (make tour installs them, Go aside).
set -uo pipefail
program=$(realpath "$1"); out=$(realpath -m "$2")
if [ "${ON_DISPLAY:-}" = "" ]; then ON_DISPLAY=1 exec xvfb-run -a -s "-screen 0 1280x800x24 +extension GLX" "$0" "$program" "$out"; fi
most=9       # actions: fewer than ten
minutes=1    # of training
parts=500    # the fifth that is kept back can just show 1 %
work=$(mktemp -d); pid=
trap '[ -z "$pid" ] || { kill $pid; wait $pid; } 2>/dev/null; rm -rf "$work"' EXIT
good=$work/photos/bracket
(cd "$(dirname "$0")/../.." && go run ./assets/demogen -ship "$work/ship" -train "$good" -parts $parts) || exit 1

export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_DATA_HOME="$work/home/data" XDG_CACHE_HOME="$work/home/.cache" XDG_RUNTIME_DIR="$work/run" LANG=en_US.UTF-8
mkdir -p "$XDG_CONFIG_HOME/agurscope" "$XDG_DATA_HOME/agurscope" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR" "$out"
printf '{"silent":true}' >"$XDG_CONFIG_HOME/agurscope/settings.json"
printf '{"window-size":{"Width":1280,"Height":800}}' >"$XDG_DATA_HOME/agurscope/window.json"
recipe=$HOME/Agurscope/bracket.agur

fail()   { echo "FAILED: $*"; cat "$work/log"; import -window root "$out/failed.png"; exit 1; }
patience=480 # quarters of a second
until_() { local i what=$1; shift; for ((i = 0; i < patience; i++)); do kill -0 $pid 2>/dev/null || fail "the program ended before $what"; "$@" && return; sleep 0.25; done; fail "waited in vain until $what"; }
calm()   { # until nothing has moved for two seconds, a minute at most
  local last= now i same=0
  for ((i = 0; i < 120; i++)); do
    sleep 0.5; now=$(import -window root -resize 25% rgba:- | md5sum)
    if [ "$now" = "$last" ]; then same=$((same + 1)); else same=0; fi
    [ $same -ge 4 ] && return
    last=$now
  done
}
picture() { # small enough to be read on a page
  xdotool mousemove 1278 798; calm
  shoot "$1"
}
shoot() { import -window root -filter Lanczos -resize 900x -dither None -colors 64 -strip -define png:compression-level=9 "PNG8:$out/$1.png"; }
actions=0
act()   { actions=$((actions + 1)); echo "$actions  $1"; }
click() { act "$1"; xdotool mousemove "$2" "$3"; sleep 0.3; xdotool click 1; }
field() { act "$1"; xdotool mousemove "$2" "$3" click 1; sleep 0.3; xdotool key ctrl+a; xdotool type --delay 15 "$4"; xdotool key Return; }
member() { unzip -p "$recipe" "$1" 2>/dev/null; }

"$program" >"$work/log" 2>&1 & pid=$!
until_ "there is a window" xdotool search --onlyvisible --name Agurscope >/dev/null
calm
click "Train, on the rail" 32 154; calm
field "the folder of good parts" 230 104 "$good"; calm
field "minutes of training" 248 351 $minutes; picture first-1-train
click "Start training" 252 747
sleep $((60 * minutes / 2)); shoot first-2-learning
patience=2400 until_ "the recipe is there" test -e "$recipe"; calm # a busy machine takes several times as long
click "Calibrate it" 728 125; calm
click "Score the parts" 982 24; calm
[ "$(member recipe.json | grep -c '"versions"')" = 0 ] || fail "there is a second version before one is saved"
click "Choose, at 1 % of good parts" 496 717; picture first-3-choose
click "Save version…" 1201 24; picture first-4-save
click "Save" 682 510
saved() { member recipe.json | grep -q '"reason": "at most 1 % false rejects"'; }
until_ "the version is saved" saved
calm; import -window root "$out/end.png"
kill $pid; wait $pid 2>/dev/null; pid=
grep -q "Error in Fyne call thread\|panic:" "$work/log" && fail "the log"
[ $actions -le $most ] || fail "$actions actions"

# What the version rejects of the parts that training kept back, by their scores.
reject=$(member recipe.json | tr -d ' ",' | sed -n 's/^reject://p' | tail -1)
read -r over all < <(member calibration.json | tr -d ' ,' | awk -v r="$reject" '/^"scores":/ {on = 1; next} /\]/ {on = 0} on {n++; k += $1 >= r} END {print k + 0, n + 0}')
[ "$all" -ge 99 ] && [ $((100 * over)) -le "$all" ] || fail "$over of $all good parts are rejected at $reject"
echo "$actions actions: version 2 rejects $over of $all good parts that training kept back."
