package camera

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSavedCamerasAreKeptForTheirOwner(t *testing.T) {
	s := Saved{filepath.Join(t.TempDir(), "sub", "cameras.json")}
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Errorf("%v %v", list, err)
	}
	for _, a := range []string{"gige://1.2.3.4", "rtsp://eye:s3cret@h/c", "gige://1.2.3.4"} {
		if err := s.Save(a); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := s.List(); err != nil || fmt.Sprint(list) != "[gige://1.2.3.4 rtsp://eye:s3cret@h/c]" {
		t.Errorf("%v %v", list, err)
	}
	if info, err := os.Stat(s.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := s.Forget("gige://1.2.3.4"); err != nil {
		t.Error(err)
	}
	if list, _ := s.List(); len(list) != 1 {
		t.Errorf("%v", list)
	}
	for i := range 30 {
		if err := s.Save(fmt.Sprintf("gige://10.0.0.%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if list, _ := s.List(); len(list) != mostSaved || list[0] != "gige://10.0.0.29" {
		t.Errorf("%v", list)
	}
	for _, text := range []string{"{", `{"cameras":"x"}`, strings.Repeat(" ", mostSavedBytes+1)} {
		if err := os.WriteFile(s.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.List(); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%.20q: %v", text, err)
		}
		if s.Save("gige://1.2.3.4") == nil {
			t.Errorf("%.20q was overwritten", text)
		}
	}
}
