package datasets

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// describeItems writes a set's items one per line, to compare at a glance.
func describeItems(s *Set) []string {
	var out []string
	for _, it := range s.Items {
		line := fmt.Sprintf("%s %s %s %s", it.Split, it.Name, it.Label, it.Type)
		if it.MaskPath != "" {
			rel, err := filepath.Rel(s.Root, it.MaskPath)
			if err != nil {
				rel = it.MaskPath
			}
			line += " mask " + filepath.ToSlash(rel)
		}
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

func leftOut(s *Set) []string {
	var out []string
	for _, l := range s.Report.LeftOut {
		out = append(out, l.Path+": "+l.Reason)
	}
	return out
}

func mustOpen(t *testing.T, root string) *Set {
	t.Helper()
	s, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if s.Layout != s.Report.Layout {
		t.Errorf("the set is %q but its report says %q", s.Layout, s.Report.Layout)
	}
	return s
}

func wantLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const visaCSV = `object,split,label,image,mask
nut,train,normal,nut/Data/Images/Normal/1.png,
nut,train,anomaly,nut/Data/Images/Anomaly/9.png,
nut,test,normal,nut/Data/Images/Normal/2.png,
nut,test,anomaly,nut/Data/Images/Anomaly/3.png,nut/Data/Masks/Anomaly/3.png
nut,test,anomaly,nut/Data/Images/Anomaly/4.png,nut/Data/Masks/Anomaly/4.png
nut,test,normal,nut/Data/Images/Normal/gone.png,
nut,test,normal,../outside.png,
bolt,train,normal,bolt/1.png,
`

func plantVisA(t *testing.T, root string) {
	put(t, root, "split_csv/1cls.csv", []byte(visaCSV))
	put(t, root, "split_csv/0other.csv", []byte("a,b\n1,2\n"))
	put(t, root, "nut/image_anno.csv", []byte("image,label,mask\nnut/Data/Images/Anomaly/3.png,\"bent,dirty\",x\n"))
	plant(t, root, "nut/Data/Images/Normal/1.png", "nut/Data/Images/Normal/2.png", "nut/Data/Images/Anomaly/3.png",
		"nut/Data/Images/Anomaly/4.png", "nut/Data/Images/Anomaly/9.png", "bolt/1.png")
	put(t, root, "nut/Data/Masks/Anomaly/3.png", pngBytes(t, spot(8, 8, true)))
}

func TestLayoutsAreRecognised(t *testing.T) {
	for _, c := range []struct {
		name   string
		plant  func(t *testing.T, root string)
		open   string // below the root
		layout string
		items  []string
		left   []string
	}{
		{
			name: "MVTec AD",
			plant: func(t *testing.T, root string) {
				plant(t, root, "train/good/10.png", "train/good/9.png", "train/bad/1.png",
					"test/good/1.png", "test/cut/1.png", "test/cut/2.png")
				put(t, root, "ground_truth/cut/1_mask.png", pngBytes(t, spot(8, 8, true)))
				put(t, root, "ground_truth/cut/7_mask.png", pngBytes(t, spot(8, 8, true)))
				put(t, root, "train/good/.DS_Store", []byte("x"))
				put(t, root, "train/good/notes.txt", []byte("hello"))
				put(t, root, "readme.txt", []byte("hello"))
			},
			layout: "MVTec AD",
			items: []string{
				"train train/good/9.png normal good", "train train/good/10.png normal good",
				"test test/cut/1.png anomalous cut mask ground_truth/cut/1_mask.png",
				"test test/cut/2.png anomalous cut", "test test/good/1.png normal good",
			},
			left: []string{
				"train/good/notes.txt: it is not an image; it looks like text",
				"train/bad: training learns from good parts only",
				"ground_truth/cut/7_mask.png: it is a mask without its picture",
			},
		},
		{
			name: "MVTec AD within one folder",
			plant: func(t *testing.T, root string) {
				plant(t, root, "nut/train/good/1.png", "nut/test/cut/1.png")
			},
			layout: "MVTec AD",
			items:  []string{"train train/good/1.png normal good", "test test/cut/1.png anomalous cut"},
		},
		{
			name: "other words for good",
			plant: func(t *testing.T, root string) {
				plant(t, root, "train/OK/1.png", "test/OK/1.png", "test/ko/1.bmp")
			},
			layout: "train and test folders",
			items: []string{
				"train train/OK/1.png normal good", "test test/ko/1.bmp anomalous ko", "test test/OK/1.png normal good",
			},
		},
		{
			name: "YDFID",
			plant: func(t *testing.T, root string) {
				plant(t, root, "train/defect-free/1.png", "test/defect-free/2.png", "test/defect/3.png", "test/ground truth/3.png")
			},
			layout: "YDFID",
			items: []string{
				"train train/defect-free/1.png normal good",
				"test test/defect/3.png anomalous defect mask test/ground truth/3.png",
				"test test/defect-free/2.png normal good",
			},
		},
		{name: "KolektorSDD2", plant: plantKSDD2, layout: "KolektorSDD2",
			items: []string{
				"train train/1.png normal good",
				"test test/3.png normal good", "test test/4.png anomalous defect mask test/4_GT.png", "test test/6.png unknown",
			},
			left: []string{
				"train/2.png: it is defective, and training learns from good parts only",
				"train/5.png: no mask says that it is good",
				"test/8_GT.png: it is a mask without its picture",
			},
		},
		{name: "KolektorSDD2, a part of it", plant: plantKSDD2, open: "test", layout: "KolektorSDD2",
			items: []string{"test 3.png normal good", "test 4.png anomalous defect mask 4_GT.png", "test 6.png unknown"},
			left:  []string{"8_GT.png: it is a mask without its picture"},
		},
		{name: "VisA by name", plant: plantVisA, open: "#nut", layout: "VisA", items: visaItems, left: visaLeft},
		{name: "VisA by folder", plant: plantVisA, open: "nut", layout: "VisA", items: visaItems, left: visaLeft},
		{
			name: "good and defect folders",
			plant: func(t *testing.T, root string) {
				for i := range 10 {
					plant(t, root, fmt.Sprintf("Good/%d.png", i))
				}
				plant(t, root, "dent/1.png", "stray.png")
				put(t, root, "masks/dent/1.png", pngBytes(t, spot(8, 8, true)))
			},
			layout: "good and defect folders (every fifth good part kept for the test)",
			items: []string{
				"train Good/0.png normal good", "train Good/1.png normal good", "train Good/2.png normal good",
				"train Good/3.png normal good", "train Good/5.png normal good", "train Good/6.png normal good",
				"train Good/7.png normal good", "train Good/8.png normal good",
				"test dent/1.png anomalous dent mask masks/dent/1.png",
				"test Good/4.png normal good", "test Good/9.png normal good",
			},
			left: []string{"stray.png: it lies beside the folders that say what parts are"},
		},
		{
			name: "flat folder",
			plant: func(t *testing.T, root string) {
				plant(t, root, "img10.png", "img2.png", "monday/img1.png")
				put(t, root, "odd", pngBytes(t, shade(8, 8)))
				put(t, root, "broken.png", []byte("text"))
				put(t, root, "list.txt", []byte("text"))
				put(t, root, "anim.gif", []byte("GIF89a"))
				put(t, root, "void", nil)
				put(t, root, ".hidden.png", nil)
			},
			layout: "flat folder",
			items: []string{
				"either broken.png unknown", "either img2.png unknown", "either img10.png unknown",
				"either odd unknown", "either monday/img1.png unknown",
			},
			left: []string{
				"anim.gif: it is a GIF picture, which is not supported; save it again as PNG",
				"list.txt: it is not an image; it looks like text", "void: it is not an image; it is empty",
			},
		},
		{
			name:   "single file",
			plant:  func(t *testing.T, root string) { plant(t, root, "one.png") },
			open:   "one.png",
			layout: "single file",
			items:  []string{"either one.png unknown"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			c.plant(t, root)
			open := filepath.Join(root, c.open)
			if strings.HasPrefix(c.open, "#") {
				open = root + c.open
			}
			s := mustOpen(t, open)
			if s.Layout != c.layout {
				t.Errorf("layout %q, want %q", s.Layout, c.layout)
			}
			wantLines(t, "items", describeItems(s), c.items)
			wantLines(t, "left out", leftOut(s), c.left)
			total := 0
			for _, g := range s.Report.Groups {
				total += g.Count
			}
			if total != len(s.Items) {
				t.Errorf("the report counts %d of %d items:\n%s", total, len(s.Items), s.Report)
			}
		})
	}
}

func plantKSDD2(t *testing.T, root string) {
	for name, marked := range map[string]bool{"train/1": false, "train/2": true, "test/3": false, "test/4": true} {
		plant(t, root, name+".png")
		put(t, root, name+"_GT.png", pngBytes(t, spot(8, 8, marked)))
	}
	plant(t, root, "train/5.png", "test/6.png", "test/8_GT.png")
}

var visaItems = []string{
	"train nut/Data/Images/Normal/1.png normal good",
	"test nut/Data/Images/Normal/2.png normal good",
	"test nut/Data/Images/Anomaly/3.png anomalous bent mask nut/Data/Masks/Anomaly/3.png",
	"test nut/Data/Images/Anomaly/4.png anomalous anomaly",
}

var visaLeft = []string{
	"nut/Data/Images/Anomaly/9.png: it is defective, and training learns from good parts only",
	"nut/Data/Masks/Anomaly/4.png: the table names this mask but it is not there",
	"nut/Data/Images/Normal/gone.png: the table names it but it is not there",
	"../outside.png: it lies outside the set",
}

func TestSeveralSetsGiveAChoice(t *testing.T) {
	root := t.TempDir()
	plant(t, root, "mvtec/nut/train/good/1.png", "mvtec/bolt/train/good/1.png", "cloth/SL/SL1/train/defect-free/1.png")
	_, err := Open(root)
	var c *ChoiceError
	if !errors.As(err, &c) {
		t.Fatalf("got %v", err)
	}
	var names []string
	for _, choice := range c.Choices {
		names = append(names, choice.Name)
		if _, err := Open(choice.Root); err != nil {
			t.Errorf("the choice %s does not open: %v", choice.Root, err)
		}
	}
	wantLines(t, "choices", names, []string{"cloth/SL/SL1", "mvtec/bolt", "mvtec/nut"})
	if !strings.Contains(err.Error(), "cloth/SL/SL1, mvtec/bolt, mvtec/nut") {
		t.Errorf("the sentence is %q", err)
	}
}

func TestVisAWithoutAnObjectGivesAChoice(t *testing.T) {
	root := t.TempDir()
	plantVisA(t, root)
	for _, open := range []string{root, root + "#screw"} {
		_, err := Open(open)
		var c *ChoiceError
		if !errors.As(err, &c) || len(c.Choices) != 2 || c.Choices[0].Root != root+"#bolt" {
			t.Errorf("%s: got %v", open, err)
		}
	}
}

func TestNothingToOpenIsSaid(t *testing.T) {
	empty := t.TempDir()
	if _, err := Open(empty); !errors.Is(err, ErrNoPictures) || !strings.Contains(err.Error(), empty) {
		t.Errorf("an empty folder: got %v", err)
	}
	put(t, empty, "notes.txt", []byte("hello"))
	if _, err := Open(empty); !errors.Is(err, ErrNoPictures) {
		t.Errorf("a folder of texts: got %v", err)
	}
	if _, err := Open(filepath.Join(empty, "absent")); err == nil || !strings.Contains(err.Error(), "check the folder's name") {
		t.Errorf("an absent folder: got %v", err)
	}
}

func TestLinksThatGoRoundEnd(t *testing.T) {
	root := t.TempDir()
	plant(t, root, "a/1.png")
	for _, l := range [][2]string{{root, "a/up"}, {filepath.Join(root, "a"), "b"}, {"nowhere.png", "dangling.png"}} {
		if err := os.Symlink(l[0], filepath.Join(root, l[1])); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	s := mustOpen(t, root)
	wantLines(t, "items", describeItems(s), []string{"either a/1.png unknown"})
	if len(s.Report.LeftOut) != 3 {
		t.Errorf("left out %v", leftOut(s))
	}
}

func TestFolderWithAHashInItsNameOpens(t *testing.T) {
	root := filepath.Join(t.TempDir(), "batch #7")
	plant(t, root, "1.png")
	if s := mustOpen(t, root); len(s.Items) != 1 {
		t.Errorf("got %v", describeItems(s))
	}
}

func TestFlatFolderTrainsAsGoodAndInspectsAsUnknown(t *testing.T) {
	root := t.TempDir()
	plant(t, root, "1.png", "2.png")
	s := mustOpen(t, root)
	for _, it := range s.Train() {
		if it.Label != Normal || it.Type != Good {
			t.Errorf("training: %+v", it)
		}
	}
	for _, it := range s.Test() {
		if it.Label != Unknown || it.Type != "" {
			t.Errorf("inspection: %+v", it)
		}
	}
	if len(s.Train()) != 2 || len(s.Test()) != 2 {
		t.Errorf("%d and %d items", len(s.Train()), len(s.Test()))
	}
}

func idxBytes(n, rows, cols int) []byte {
	b := binary.BigEndian.AppendUint32(nil, idxImages)
	for _, v := range []int{n, rows, cols} {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	for i := range n * rows * cols {
		b = append(b, byte(i+1))
	}
	return b
}

func idxLabelBytes(labels ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, idxLabels)
	return append(binary.BigEndian.AppendUint32(b, uint32(len(labels))), labels...)
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func plantIDX(t *testing.T, root string) {
	put(t, root, "train-images-idx3-ubyte.gz", gzipped(t, idxBytes(3, 28, 28)))
	put(t, root, "train-labels-idx1-ubyte.gz", gzipped(t, idxLabelBytes(1, 0, 1)))
	put(t, root, "t10k-images.idx3-ubyte", idxBytes(2, 28, 28))
	put(t, root, "t10k-labels.idx1-ubyte", idxLabelBytes(0, 1))
}

func TestIDXReadsOneClassAsNormal(t *testing.T) {
	root := filepath.Join(t.TempDir(), "Fashion-MNIST")
	plantIDX(t, root)
	for _, pick := range []string{"#1", "#trouser", "#Trouser"} {
		s := mustOpen(t, root+pick)
		if s.Layout != "IDX, class trouser is normal" {
			t.Errorf("layout %q", s.Layout)
		}
		wantLines(t, "items", describeItems(s), []string{
			"train train/trouser/00000 normal good", "train train/trouser/00002 normal good",
			"test test/t-shirt/00000 anomalous t-shirt", "test test/trouser/00001 normal good",
		})
		if g := s.Report.Groups; g[len(g)-1].Count != 1 || !strings.Contains(g[len(g)-1].Goes, "left out") {
			t.Errorf("the report does not tell of the other class:\n%s", s.Report)
		}
		f, err := s.Items[1].Load()
		if err != nil {
			t.Fatal(err)
		}
		checkBorder(t, f.Image)
		if b := f.Image.Bounds(); b.Dx() != 32 || b.Dy() != 32 {
			t.Errorf("bounds %v", b)
		}
		first := 2*28*28 + 1
		if got := toGray(f.Image).GrayAt(2, 2).Y; got != byte(first) || toGray(f.Image).GrayAt(1, 1).Y != 0 {
			t.Errorf("the picture is not in the middle of black: %d", got)
		}
	}
	if _, err := Open(root); !errors.As(err, new(*ChoiceError)) {
		t.Errorf("without a class: got %v", err)
	}
}

func TestBrokenIDXIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		content []byte
		words   string
	}{
		"truncated pictures": {"t10k-images.idx3-ubyte", idxBytes(2, 28, 28)[:900], "promises 1568 bytes of pictures but it holds 884"},
		"no pictures":        {"t10k-images.idx3-ubyte", idxLabelBytes(1, 2, 3, 4, 5, 6, 7, 8), "no IDX file of pictures"},
		"truncated labels":   {"t10k-labels.idx1-ubyte", idxLabelBytes(0, 1)[:9], "promises 2 labels but holds 1"},
		"other count":        {"t10k-labels.idx1-ubyte", idxLabelBytes(0), "2 pictures but"},
		"huge header":        {"t10k-images.idx3-ubyte", append(binary.BigEndian.AppendUint32(nil, idxImages), bytes.Repeat([]byte{0x7f}, 12)...), "the cap is"},
	} {
		root := t.TempDir()
		plantIDX(t, root)
		path := put(t, root, c.file, c.content)
		if _, err := Open(root + "#0"); err == nil || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTruncatedGzipCostsOnlyThePicturesThatAreMissing(t *testing.T) {
	root := t.TempDir()
	plantIDX(t, root)
	put(t, root, "train-images-idx3-ubyte.gz", gzipped(t, idxBytes(3, 28, 28)[:idxHead+2*28*28]))
	s := mustOpen(t, root+"#1")
	var got []error
	for _, err := range s.Source(s.Train()).Frames(context.Background()) {
		got = append(got, err)
	}
	if len(got) != 2 || got[0] != nil || !errors.Is(got[1], ErrTruncated) {
		t.Errorf("got %v", got)
	}
}

func TestReportReadsAsATable(t *testing.T) {
	r := Report{Layout: "MVTec AD", Groups: []Group{{"train / good", 213, "training and calibration"}}}
	for i := range 30 {
		r.LeftOut = append(r.LeftOut, LeftOut{fmt.Sprintf("%d.txt", i), "text"})
	}
	s := r.String()
	for _, want := range []string{"layout: MVTec AD\n", "  train / good     213  training and calibration\n", "    and 10 more\n"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
}

// realData returns a folder of real pictures beside the repository.
func realData(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name))
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the real pictures are not here: %v", err)
	}
	return dir
}

func TestRealTransistorSet(t *testing.T) {
	s := mustOpen(t, realData(t, "mvtec_ad/transistor"))
	masks := 0
	for f, err := range s.Source(s.Test()).Frames(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Mask != nil {
			masks++
			if !marked(f.Mask) || f.Mask.Rect != f.Image.Bounds() {
				t.Errorf("the mask of %s is empty or of another size", f.Name)
			}
		}
	}
	if len(s.Train()) != 213 || len(s.Test()) != 100 || masks != 8 || len(s.Report.LeftOut) != 0 {
		t.Errorf("%d, %d and %d masks:\n%s", len(s.Train()), len(s.Test()), masks, s.Report)
	}
}

func TestRealCommutatorSet(t *testing.T) {
	s := mustOpen(t, realData(t, "kolektorsdd"))
	count := map[Label]int{}
	for _, it := range s.Test() {
		count[it.Label]++
	}
	if len(s.Train()) != 240 || count[Normal] != 107 || count[Anomalous] != 42 || len(s.Report.LeftOut) != 10 {
		t.Errorf("%d and %v:\n%s", len(s.Train()), count, s.Report)
	}
}
