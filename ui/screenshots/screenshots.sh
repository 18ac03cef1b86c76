#!/bin/bash
# Drives the real window with mouse and keyboard, as a person does, and leaves a
# labelled picture of every screen in every theme and size:
#
#   screenshots.sh PROGRAM FOLDER [THEME …]
#
# A screen is a function shot_NAME below that leads to what is to be seen and
# calls "picture LABEL"; a language is an entry of LANGUAGES. Functions film_NAME do
# the same with a window of their own: the states of a camera and of the line, whose
# peers are played by ffmpeg and by nobody. Needs Xvfb, xdotool, ImageMagick and
# ffmpeg (make screenshots installs them).
set -uo pipefail
program=$(realpath "$1"); out=$(realpath -m "$2"); shift 2
themes=("$@"); [ ${#themes[@]} -gt 0 ] || themes=(dark light contrast)
SIZES=${SIZES:-"1280x800 1920x1080"}
LANGUAGES=${LANGUAGES:-"en_US de_DE zh_CN"}
SCREENS=${SCREENS:-"inspect tools camera line train calibrate explain compare history clusters lab settings keys"}
FILMS=${FILMS:-"kiosk camera trigger library line"}
parts=$(realpath "$(dirname "$0")/../../assets/demo/test")
mkdir -p "$out"; work=$(mktemp -d); failed=0
trap 'eye_end; rm -rf "$work"' EXIT

PLACES=(inspect camera train calibrate explain compare history clusters lab) # in the order of the rail

say()     { printf '%s\n' "$*"; }
key()     { xdotool key --clearmodifiers "$1"; }
go_to()   { local i; for i in "${!PLACES[@]}"; do [ "${PLACES[i]}" = "$1" ] && key ctrl+$((i + 1)); done; }
settle()  { # until two pictures in a row are equal, at most $1 seconds
  local last= now i
  for ((i = 0; i < ${1:-20} * 2; i++)); do
    sleep 0.5
    now=$(import -window root -resize 25% rgba:- | md5sum)
    [ "$now" = "$last" ] && return
    last=$now
  done
}
calm()    { # until nothing has moved for three seconds, at most $1 seconds
  local last= now i same=0
  for ((i = 0; i < ${1:-60} * 2; i++)); do
    sleep 0.5
    now=$(import -window root -resize 25% rgba:- | md5sum)
    if [ "$now" = "$last" ]; then same=$((same + 1)); else same=0; fi
    [ $same -ge 6 ] && return
    last=$now
  done
}
picture() { import -window root "$out/$1-$theme-$size-$language.png"; say "  $1-$theme-$size-$language.png"; }
draw()    { # from x,y by dx,dy
  xdotool mousemove "$1" "$2" mousedown 1; sleep 0.2
  for _ in 1 2 3 4 5 6 7 8; do xdotool mousemove_relative -- "$(($3 / 8))" "$(($4 / 8))"; sleep 0.05; done
  xdotool mouseup 1
}
drag()    { # from x,y by dx, in steps as of a hand
  xdotool mousemove "$1" "$2" mousedown 1; sleep 0.2
  for _ in 1 2 3 4 5 6 7 8; do xdotool mousemove_relative -- "$(($3 / 8))" 0; sleep 0.05; done
  xdotool mouseup 1
}
away()    { xdotool mousemove $((width - 3)) $((height - 3)); }

# A network camera that shows the parts of the demonstration, and can be held,
# let go and killed. ffmpeg serves one client and ends then.
eye=; port=$((20000 + RANDOM % 20000))
eye_start() {
  setsid sh -c "while :; do ffmpeg -loglevel quiet -re -loop 1 -framerate 4 -pattern_type glob -i '$parts/*/*.jpg' -c:v copy \
    -f mpjpeg -content_type 'multipart/x-mixed-replace;boundary=ffmpeg' -listen 1 http://127.0.0.1:$port/; sleep 0.05; done" </dev/null >/dev/null 2>&1 &
  eye=$!; eye_opens
}
eye_opens() { # and nobody is connected
  local i at; at=$(printf ':%04X 00000000:0000 0A' "$port")
  for ((i = 0; i < 60; i++)); do grep -q "$at" /proc/net/tcp && return; sleep 0.25; done
}
eye_hold() { kill -STOP -- -$eye; }
eye_go()   { kill -CONT -- -$eye; }
eye_end()  { [ -z "$eye" ] || { kill -KILL -- -$eye; wait $eye; } 2>/dev/null; eye=; }

shot_inspect() { go_to inspect; settle; key space; settle 60; for _ in 1 2 3; do key Down; done; settle; picture inspect
  key Home; for _ in {1..6}; do key Down; done; settle; key g; settle; picture queue; key g; } # a good part is queued for training, and taken out
shot_tools() { # wipe, measuring line, and the editor of the judged area
  local x=$((width * 45 / 100)) y=$((height * 40 / 100)) # inside the first pane
  go_to inspect; settle; key Home; settle
  key w; settle; picture wipe
  key 3; settle; draw $(((302 + width - 333) / 2)) $y $((width / 8)) 0; away; settle; picture wipe-heat; key Escape; settle
  key m; draw $((x - width / 8)) $((y - height / 12)) 120 40; away; settle; picture measure; key Escape; settle
  xdotool mousemove $AREA click 1; settle
  draw $((x - width / 8)) $((y - height / 8)) 96 64; away; settle; picture area; key Escape; settle
}
AREA="578 68" # the button of the judged area
shot_train() { # from a folder to a recipe without the mouse
  go_to train; calm 90; picture train
  for _ in {1..9}; do key Tab; done; key ctrl+a; xdotool type "0.15"
  for _ in 1 2 3 4; do key Tab; done; key space
  sleep 5; key space; settle 5; picture train-paused; key space
  for ((i = 0; i < 360; i++)); do [ -e "$HOME/Agurscope/demo.agur" ] && break; sleep 0.5; done
  calm 30; picture train-result
  xdotool mousemove $((width * 2 / 3)) $((height / 2)); for _ in {1..40}; do xdotool click 5; done; settle; picture train-worst; away
}
shot_calibrate() {
  go_to calibrate; settle 60; picture calibrate
  # A click beside the lines takes the nearer one, the keys move it.
  xdotool mousemove $((width * 3 / 10)) 300 click 1; for _ in {1..24}; do key Right; done; away; settle; picture calibrate-moved
  key s; settle; xdotool type --delay 20 "Fewer false rejects"; settle; picture calibrate-save; key Escape; settle
}
shot_explain() {
  go_to explain; settle 60; picture explain
  for _ in 1 2 3; do key Right; settle; done; picture explain-levels
  key End; settle; picture explain-verdict
}
shot_compare() { go_to compare; settle 60; picture compare; }
shot_camera() { # none yet; being looked for; what was found
  go_to camera; settle; picture camera
  key s; sleep 0.3; picture camera-looking; settle; picture camera-found; key Escape; settle
}
shot_line()    { key ctrl+l; settle; picture line-none; key Escape; settle; }
shot_history() {
  go_to history; settle 30; picture history
  key Down; for _ in 1 2 3; do key space; done; away; settle; picture history-selected
  key g; settle; xdotool type "release 4"; settle; picture history-golden; key Escape; settle
  key e; settle; picture history-export; key Escape; key Escape; settle
  key d; settle; picture history-filter
  for _ in 1 2 3 4; do key Tab; done; xdotool type "20"; key Return; away; settle; picture history-filtered
  key BackSpace; settle
  key s; settle; picture history-similar; key BackSpace; settle
  key t; settle 20; picture history-today; key t; settle
  key v; settle 30; picture history-charts
  for _ in {1..21}; do key Tab; done; key Left; away; settle; picture history-charts-focus
  key Escape; settle
}
shot_clusters() {
  go_to clusters; settle 30; picture clusters
  key d; calm 60; away; settle; picture clusters-map
  key l; xdotool mousemove $((width / 5)) $((height / 5)) mousedown 1
  for p in "30 15" "60 20" "70 60" "50 85" "20 80" "15 40"; do set -- $p; xdotool mousemove $((width * $1 / 100)) $((height * $2 / 100)); sleep 0.05; done
  xdotool mouseup 1; away; settle; picture clusters-lasso
  key h; settle 20; picture history-from-map; key m; settle; picture clusters-from-history; key l
}
# Results of the Lab screen: a folder in LAB, or made once, with drawn parts only.
lab_results() {
  [ -n "${LAB:-}" ] || LAB=$work/results
  [ -e "$LAB/results.json" ] || "$program" experiments fig9 fig10 fig12 table2 --quick --seeds 1 --steps 20 --input 32 --out "$LAB" >"$work/lab.log" 2>&1
}
shot_lab() { # nothing was run; running; what a run has left, figure by figure
  local lab=$work/lab
  lab_results; rm -rf "$lab"
  go_to lab; settle; picture lab
  key r; sleep 60; picture lab-running; key Escape; settle 30
  go_to inspect; rm -rf "$lab"; cp -r "$LAB" "$lab"; go_to lab; settle; picture lab-fig10
  xdotool mousemove $((width * 6 / 10)) $((height * 4 / 10)); for _ in 1 2 3; do xdotool click 4; done; away; settle; picture lab-fig10-zoomed
  key Up; settle; xdotool mousemove $((width * 6 / 10)) $((height * 4 / 10)); sleep 1; picture lab-fig9; away
  for _ in 1 2 3; do key Down; done; settle; picture lab-fig12
  for _ in 1 2; do key Down; done; settle; picture lab-table2
  xdotool mousemove $((width - 104)) 30 click 1; settle; picture lab-save; key Escape; away; settle
}
shot_settings() { key ctrl+comma; settle; picture settings; }
shot_keys()    { go_to inspect; settle; key question; settle; picture keys; key Escape; settle; }

film_camera() { # connecting, streaming, stalled, lost
  eye_start
  open_window --camera "http://127.0.0.1:$port/#stall=6s"; go_to camera; sleep 5; picture camera-streaming
  key space; sleep 1; eye_opens; eye_hold; key space; sleep 1.5; picture camera-connecting
  eye_go; sleep 6
  eye_hold; sleep 8.5; picture camera-stalled
  eye_end; sleep 3; picture camera-lost
  close_window
}
film_trigger() { # ready for the trigger, triggered, testing, tested, a failed test
  eye_start
  open_window --camera "http://127.0.0.1:$port/#trigger=software"; go_to camera; sleep 5; picture camera-ready
  key t; sleep 2; picture camera-triggered
  key space; sleep 1; eye_opens; eye_hold; key v; sleep 1.5; picture camera-testing
  eye_go; settle; picture camera-tested
  eye_end; key v; settle; picture camera-test-failed
  close_window
}
film_library() { # a library that cannot be loaded
  mkdir -p "$work/lib"; : >"$work/lib/libaravis-0.8.so.0"
  LD_LIBRARY_PATH="$work/lib" open_window --camera gige://127.0.0.1; go_to camera; sleep 2; picture camera-no-library
  close_window
}
film_kiosk() { # parts on the full screen
  open_window --kiosk --rate 2; sleep 6; picture kiosk
  close_window
}
film_line() { # peers that are there, that listen, and that are not reached
  mkdir -p "$work/verdicts"
  printf '{"station":"bench-3","mqtt":{"broker":"tcp://127.0.0.1:%s"},"folder":{"dir":"%s/verdicts"},"tcp":{"listen":"127.0.0.1:%s"},"modbus":{"listen":"127.0.0.1:%s"}}' \
    $((port + 1)) "$work" $((port + 2)) $((port + 3)) >"$work/line.json"
  open_window; go_to inspect; key space; calm 60; key ctrl+l; sleep 3; picture line; key Escape
  close_window; rm "$work/line.json"
}

# open_window starts the program anew, in the theme, size and language of now, with
# DAYS days of an invented history where that is set.
open_window() {
  local i
  export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_DATA_HOME="$work/home/data" XDG_CACHE_HOME="$work/home/.cache" XDG_RUNTIME_DIR="$work/run" LANG="$language.UTF-8"
  rm -rf "$HOME" "$work"/h.db* "$work/window.json"; mkdir -p "$XDG_CONFIG_HOME/agurscope" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR"
  printf '{"theme":"%s","silent":true}' "$theme" >"$XDG_CONFIG_HOME/agurscope/settings.json"
  printf '{"started-before":true,"window-size":{"Width":%s,"Height":%s}}' "$width" "$height" >"$work/window.json"
  : >"$work/log"; [ -z "${DAYS:-}" ] || "$program" demo-history "$work/h.db" --days "$DAYS" --each 60 >"$work/log" 2>&1
  "$program" --demo --db "$work/h.db" "$@" >>"$work/log" 2>&1 &
  pid=$!
  for ((i = 0; i < 120; i++)); do xdotool search --onlyvisible --name Agurscope >/dev/null 2>&1 && break; sleep 0.25; done
  settle "${SETTLE:-8}"
}
close_window() {
  kill $pid 2>/dev/null; wait $pid 2>/dev/null
  if grep -q "Error in Fyne call thread\|panic:\|DATA RACE" "$work/log"; then say "the log of $theme $size:"; grep -A8 "Error in Fyne call thread\|panic:\|DATA RACE" "$work/log" | head -40; failed=1; fi
}
session() { # all in one theme, size and language
  width=${size%x*}; height=${size#*x}
  DAYS=14 SETTLE=60 open_window
  for s in $SCREENS; do
    kill -0 $pid 2>/dev/null || { say "the program ended before “$s”:"; tail -5 "$work/log"; failed=1; break; }
    "shot_$s"
  done
  close_window
  for s in $FILMS; do "film_$s"; done
}

if [ "${ON_DISPLAY:-}" = "" ]; then
  for size in $SIZES; do
    ON_DISPLAY=1 SIZES=$size xvfb-run -a -s "-screen 0 ${size}x24 +extension GLX" "$0" "$program" "$out" "${themes[@]}" || failed=1
  done
  exit $failed
fi
size=$SIZES
for language in $LANGUAGES; do for theme in "${themes[@]}"; do say "$theme, $size, $language"; session; done; done
exit $failed
