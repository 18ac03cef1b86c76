package line

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// folder leaves a JSON file per verdict. A file has its final name when it is
// complete; who takes it away may delete it.
type folder struct{ dir string }

func (f folder) deliver(_ context.Context, rs []Report) (int, error) {
	// Never made: an unmounted share must not be mistaken for an empty one.
	if info, err := os.Stat(f.dir); err != nil {
		return 0, fmt.Errorf("write verdicts: %w", err)
	} else if !info.IsDir() {
		return 0, fmt.Errorf("write verdicts: %s is not a folder", f.dir)
	}
	for i, r := range rs {
		data, err := json.Marshal(r)
		if err != nil {
			return i, err
		}
		name := fmt.Sprintf("%010d_%s.json", r.ID, r.Verdict)
		if err := writeFile(filepath.Join(f.dir, name), append(data, '\n')); err != nil {
			return i, fmt.Errorf("write verdicts: %w", err)
		}
	}
	return len(rs), nil
}
