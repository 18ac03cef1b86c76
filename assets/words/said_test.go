package words

import (
	"encoding/json"
	"testing"
)

func TestSaidIsKeptInEnglishAndSaidInTheLanguageInUse(t *testing.T) {
	t.Cleanup(func() { Use(English) })
	Use("de")
	s := Text("%s is first").With("DAGAN")
	if got := s.English(); got != "DAGAN is first" {
		t.Errorf("English: %q", got)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Said
	if err := json.Unmarshal(b, &back); err != nil || back.String() != "DAGAN liegt vorn" {
		t.Errorf("%q, %v from %s", back, err, b)
	}
	// What is said with it may have a translation of its own.
	if got := Text("not measured: %s").With(Text("one seed")); got.String() != "nicht gemessen: ein Startwert" || got.English() != "not measured: one seed" {
		t.Errorf("%q, %q", got, got.English())
	}
	if got := Plain("100 % of it"); got.String() != "100 % of it" {
		t.Errorf("%q", got)
	}
}
