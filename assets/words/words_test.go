package words

import (
	"slices"
	"strings"
	"testing"
)

func TestSaysWhatIsNotTranslatedInEnglish(t *testing.T) {
	t.Cleanup(func() { Use(English) })
	for _, l := range Languages {
		Use(l.Code)
		if got := T("nobody has written this, %d##context", 3); got != "nobody has written this, 3" {
			t.Errorf("%s: %q", l.Name, got)
		}
	}
}

func TestSaysInTheLanguageInUse(t *testing.T) {
	t.Cleanup(func() { Use(English) })
	for code, want := range map[string]string{English: "Cancel", "de": "Abbrechen", "zh": "取消", "tlh": "Cancel"} {
		Use(code)
		if got := T("Cancel"); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
		if got := Text("Cancel").String(); got != want {
			t.Errorf("%s: a text says %q, want %q", code, got, want)
		}
	}
}

func TestCountsInEnglish(t *testing.T) {
	for n, want := range map[int]string{0: "0 files in x", 1: "1 file in x", 2: "2 files in x"} {
		if got := N(n, "%d file in %s", "%d files in %s", "x"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestSystemLanguageIsThatOfTheFirstVariableSet(t *testing.T) {
	for _, c := range []struct{ all, messages, lang, want string }{
		{"", "", "", "en"},
		{"", "", "C.UTF-8", "en"},
		{"", "", "de_AT.UTF-8", "de"},
		{"", "", "de", "de"},
		{"", "zh_CN.UTF-8", "de_DE", "zh"},
		{"C", "zh_CN.UTF-8", "de_DE", "en"},
		{"", "", "fr_FR.UTF-8", "en"},
	} {
		t.Setenv("LC_ALL", c.all)
		t.Setenv("LC_MESSAGES", c.messages)
		t.Setenv("LANG", c.lang)
		if got := System(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestCatalogIsReadAsItIsWritten(t *testing.T) {
	got, err := parseCatalog("x.txt", "# nothing\n%d \\\"files\\\"\\n\n\tde1 %d Datei\n\tde %d Dateien\n\tzh %d 个文件\n\nNext\n\tde Weiter\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].key != "%d \"files\"\n" || got[0].ones["de"] != "%d Datei" || got[0].texts["zh"] != "%d 个文件" || got[1].line != 7 {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"\tde ohne Schlüssel", "Key\n\tfr mot", "Key\n\tde", "Key\n\tde a\n\tde b", "Key\n\ten English"} {
		if _, err := parseCatalog("x.txt", bad); err == nil || !strings.Contains(err.Error(), "x.txt:") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestVerbsAreComparedByArgument(t *testing.T) {
	for format, want := range map[string][]string{
		"100 %%":             nil,
		"%d of %s":           {"1d", "2s"},
		"%[2]s: %[1]d":       {"1d", "2s"},
		"%.1f %% and %+3d":   {"1f", "2d"},
		"%d–%d, again %[1]d": {"1d", "2d"},
	} {
		if got := verbs(format); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", format, got, want)
		}
	}
}
