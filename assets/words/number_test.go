package words

import "testing"

func TestNumbersAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Cleanup(func() { Use(English) })
	for code, want := range map[string][]string{
		English: {"0.50 %", "a 1.5 of 3 in x.y", "7", "1.00e-09", " +2.5", "0.912 ± 0.004", "12.3 ms", "no. 1.5 2.5 of 1.2.3 and x1.5", "NaN"},
		"de":    {"0,50 %", "a 1,5 of 3 in x.y", "7", "1,00e-09", " +2,5", "0,912 ± 0,004", "12,3 ms", "no. 1,5 2,5 of 1.2.3 and x1.5", "NaN"},
		"zh":    {"0.50 %", "a 1.5 of 3 in x.y", "7", "1.00e-09", " +2.5", "0.912 ± 0.004", "12.3 ms", "no. 1.5 2.5 of 1.2.3 and x1.5", "NaN"},
	} {
		Use(code)
		nan := float32(0)
		nan /= nan
		for i, got := range []string{
			Write("%.2f %%", .5), T("a %g of %d in %s", 1.5, 3, "x.y"), Write("%.*f", 0, 7.4), Write("%.2e", float32(1e-9)), Write("%+5.1f", 2.5),
			Text("%s").With("0.912 ± 0.004").String(), Text("%s").With("12.3 ms").String(), Plain("no. 1.5 2.5 of 1.2.3 and x1.5").String(), Write("%g", nan),
		} {
			if got != want[i] {
				t.Errorf("%s: %q, want %q", code, got, want[i])
			}
		}
	}
	Use("de")
	if got := Retold("a recall of 12.5 % is not between 0 and 100 %"); got != "eine Fundrate von 12,5 % liegt nicht zwischen 0 und 100 %" {
		t.Errorf("%q", got)
	}
	if got := Text("%s").With("1.5").English(); got != "1.5" {
		t.Errorf("English: %q", got)
	}
}
