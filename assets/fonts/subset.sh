#!/bin/bash
# Cuts the Chinese fonts of the window out of Noto Sans CJK SC (Debian:
# fonts-noto-cjk, python3-fonttools): the characters of the catalogs, and those of
# the toolkit's own dialogs.
#
#   subset.sh FOLDER-OF-THE-TOOLKIT
set -euo pipefail
cd "$(dirname "$0")"
text=$(mktemp); trap 'rm -f "$text"' EXIT
cat ../words/catalog/*.txt "$1/lang/translations/base.zh_Hans.json" common.txt | grep -oP '[^\x00-\x{2fff}]' | sort -u | tr -d '\n' >"$text"
printf '，。、；：？！（）《》【】 ' >>"$text"
for weight in Regular Bold; do
  /usr/bin/python3 -m fontTools.subset "/usr/share/fonts/opentype/noto/NotoSansCJK-$weight.ttc" --font-number=2 --text-file="$text" \
    --layout-features= --no-hinting --name-IDs=0,1,2,3,4,5,6,13,14 --no-recalc-timestamp --output-file="han-${weight,}.otf"
done
# The lines of the window keep their height: as in the toolkit's own Noto Sans. The
# space is there because the toolkit takes it from the font of what stands before.
/usr/bin/python3 - <<'END'
from fontTools.ttLib import TTFont
for name in ("han-regular.otf", "han-bold.otf"):
    f = TTFont(name, recalcTimestamp=False)
    f["hhea"].ascent, f["hhea"].descent, f["hhea"].lineGap = 1069, -293, 0
    o = f["OS/2"]
    o.sTypoAscender, o.sTypoDescender, o.sTypoLineGap, o.usWinAscent, o.usWinDescent = 1069, -293, 0, 1069, 293
    f["head"].modified = f["head"].created  # the same file each time
    f.save(name)
END
ls -l han-*.otf
