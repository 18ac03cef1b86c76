package datasets

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Bounds on what the header of an IDX file is believed.
const (
	maxIDXRecords = 10_000_000
	maxIDXSide    = 4096
	maxIDXBytes   = 1 << 30
	idxMultiple   = 16 // networks need sides that are multiples of this: 28 becomes 32
)

// fashion names the classes of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017).
var fashion = []string{
	"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot",
}

// idxFile is a container of equal grey pictures. It is read once, when the
// first of them is asked for.
type idxFile struct {
	path       string
	n          int
	rows, cols int

	once sync.Once
	data []byte // the pictures read; shorter than promised if truncated
	err  error
}

// idxPair is the pictures and labels of one subset.
type idxPair struct {
	split          Subset
	images, labels string
}

// findIDX returns the pairs of IDX files in a folder, by their usual names
// (train-images-idx3-ubyte, t10k-labels-idx1-ubyte.gz and the like).
func findIDX(f folder) ([]idxPair, error) {
	pairs := []idxPair{{split: Train}, {split: Test}}
	for _, name := range f.files {
		s := squash(strings.TrimSuffix(strings.ToLower(name), ".gz"))
		if !strings.HasSuffix(s, "ubyte") {
			continue
		}
		p := &pairs[0]
		if strings.HasPrefix(s, "t10k") || strings.HasPrefix(s, "test") {
			p = &pairs[1]
		}
		field := &p.labels
		if strings.Contains(s, "imagesidx3") {
			field = &p.images
		} else if !strings.Contains(s, "labelsidx1") {
			continue
		}
		if *field == "" { // the plain file sorts before the gzipped one
			*field = filepath.Join(f.path, name)
		}
	}
	var out []idxPair
	for _, p := range pairs {
		switch {
		case p.images == "" && p.labels == "":
		case p.images == "" || p.labels == "":
			return nil, fmt.Errorf("images or labels of the %s part are missing", p.split)
		default:
			out = append(out, p)
		}
	}
	return out, nil
}

// idx reads IDX files. One class counts as normal, the others as defects: the
// test of one-class methods on Fashion-MNIST.
func (r *reading) idx() (bool, error) {
	root := r.here
	pairs, err := findIDX(root)
	if err != nil || len(pairs) == 0 {
		return false, err
	}
	labels := make([][]byte, len(pairs))
	classes := 0
	for i, p := range pairs {
		if labels[i], err = readIDXLabels(p.labels); err != nil {
			return false, err
		}
		for _, l := range labels[i] {
			classes = max(classes, int(l)+1)
		}
	}
	names := r.classNames(classes)
	normal, err := r.class(names)
	if err != nil {
		return false, err
	}
	for i, p := range pairs {
		if err := r.addIDX(p, labels[i], names, normal); err != nil {
			return false, err
		}
	}
	r.layout += ", class " + names[normal] + " is normal"
	return true, nil
}

// classNames names the classes: by number, or as in Fashion-MNIST where the
// path says that it is that set.
func (r *reading) classNames(n int) []string {
	full, err := filepath.Abs(r.root)
	if err != nil {
		full = r.root
	}
	if n <= len(fashion) && strings.Contains(strings.ToLower(full), "fashion") {
		return fashion[:n]
	}
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// class returns the class chosen as normal.
func (r *reading) class(names []string) (int, error) {
	for i, n := range names {
		if r.pick == strconv.Itoa(i) || (r.pick != "" && squash(r.pick) == squash(n)) {
			return i, nil
		}
	}
	if len(names) == 0 {
		return 0, errors.New("its label files are empty; copy them again")
	}
	c := &ChoiceError{Root: r.root, What: "classes, one of which is to count as normal"}
	for _, n := range names {
		c.Choices = append(c.Choices, Choice{n, r.root + "#" + n})
	}
	return 0, c
}

func (r *reading) addIDX(p idxPair, labels []byte, names []string, normal int) error {
	f, err := openIDX(p.images)
	if err != nil {
		return err
	}
	if f.n != len(labels) {
		return fmt.Errorf("%s has %d pictures but %s has %d labels; copy both again", p.images, f.n, p.labels, len(labels))
	}
	others := 0
	for i, l := range labels {
		class := int(l)
		if p.split == Train && class != normal {
			others++
			continue
		}
		it := Item{Path: p.images, Type: names[class], Label: Anomalous, Split: p.split, idx: f, record: i}
		if class == normal {
			it.Type, it.Label = Good, Normal
		}
		it.Name = fmt.Sprintf("%s/%s/%05d", p.split, names[class], i)
		r.add(it)
	}
	if others > 0 {
		r.extra = append(r.extra, Group{p.split.String() + " / other classes", others, "left out: training learns from one class only"})
	}
	return nil
}

// openIDX reads the header of a file of pictures.
func openIDX(path string) (*idxFile, error) {
	r, size, err := openMaybeGzip(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := parseIDXHeader(r)
	if err != nil {
		return nil, named(err, path)
	}
	if want := int64(f.n) * int64(f.rows) * int64(f.cols); size >= 0 && size-idxHead != want {
		e := refusal(ErrTruncated, nil,
			fmt.Sprintf("its header promises %d bytes of pictures but it holds %d", want, size-idxHead), copyAgain)
		e.Path = path
		return nil, e
	}
	f.path = path
	return f, nil
}

const (
	idxHead   = 16         // bytes before the pictures
	idxImages = 0x00000803 // unsigned bytes, three dimensions
	idxLabels = 0x00000801 // unsigned bytes, one dimension
)

// parseIDXHeader reads and bounds the header of a file of pictures.
func parseIDXHeader(r io.Reader) (*idxFile, error) {
	var h [idxHead]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, because(err)
	}
	if binary.BigEndian.Uint32(h[:]) != idxImages {
		return nil, refusal(ErrNotImage, nil, "it is no IDX file of pictures", "replace it by the original")
	}
	n, rows, cols := binary.BigEndian.Uint32(h[4:]), binary.BigEndian.Uint32(h[8:]), binary.BigEndian.Uint32(h[12:])
	if rows == 0 || cols == 0 {
		return nil, refusal(ErrDamaged, nil, "its header says that pictures have no pixels", copyAgain)
	}
	if n > maxIDXRecords || rows > maxIDXSide || cols > maxIDXSide || uint64(n)*uint64(rows)*uint64(cols) > maxIDXBytes {
		return nil, refusal(ErrTooLarge, nil,
			fmt.Sprintf("it promises %d pictures of %d x %d and the cap is %d MiB", n, cols, rows, maxIDXBytes>>20), "divide it")
	}
	return &idxFile{n: int(n), rows: int(rows), cols: int(cols)}, nil
}

// readIDXLabels reads a whole file of labels.
func readIDXLabels(path string) ([]byte, error) {
	r, _, err := openMaybeGzip(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	labels, err := parseIDXLabels(r)
	if err != nil {
		return nil, named(err, path)
	}
	return labels, nil
}

func parseIDXLabels(r io.Reader) ([]byte, error) {
	var h [8]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, because(err)
	}
	if binary.BigEndian.Uint32(h[:]) != idxLabels {
		return nil, refusal(ErrNotImage, nil, "it is no IDX file of labels", "replace it by the original")
	}
	n := binary.BigEndian.Uint32(h[4:])
	if n > maxIDXRecords {
		return nil, refusal(ErrTooLarge, nil, fmt.Sprintf("it promises %d labels and the cap is %d", n, maxIDXRecords), "divide it")
	}
	labels, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err != nil {
		return nil, because(err)
	}
	if len(labels) != int(n) {
		return nil, refusal(ErrTruncated, nil, fmt.Sprintf("it promises %d labels but holds %d", n, len(labels)), copyAgain)
	}
	return labels, nil
}

// openMaybeGzip opens a file and unpacks it if it is gzipped; size is -1 then.
func openMaybeGzip(path string) (r io.ReadCloser, size int64, err error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, 0, err
	}
	br := bufio.NewReader(f)
	if magic, _ := br.Peek(2); string(magic) != "\x1f\x8b" {
		info, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, 0, err
		}
		return readCloser{br, f}, info.Size(), nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		f.Close()
		return nil, 0, named(err, path)
	}
	return readCloser{z, f}, -1, nil
}

// readCloser reads from one and closes the file under it.
type readCloser struct {
	io.Reader
	file *os.File
}

func (r readCloser) Close() error { return r.file.Close() }

// pixels returns the bytes of picture i.
func (f *idxFile) pixels(i int) ([]byte, error) {
	f.once.Do(f.load)
	size := f.rows * f.cols
	if (i+1)*size <= len(f.data) {
		return f.data[i*size : (i+1)*size], nil
	}
	e := *because(f.err) // the error is shared by all who ask
	e.Path = f.path
	return nil, &e
}

// load reads all pictures into memory: a gzipped file cannot be read at a
// place of choice. What arrives before an error is kept.
func (f *idxFile) load() {
	f.err = io.ErrUnexpectedEOF
	r, _, err := openMaybeGzip(f.path)
	if err != nil {
		f.err = err
		return
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, idxHead); err != nil {
		f.err = err
		return
	}
	// ReadAll grows with what is there; the header's promise is only a bound.
	data, err := io.ReadAll(io.LimitReader(r, int64(f.n)*int64(f.rows)*int64(f.cols)))
	if err != nil {
		f.err = err
	}
	f.data = data
}

// image returns picture i in the middle of black, its sides padded to the next
// multiple of 16.
func (f *idxFile) image(i int) (*image.Gray, error) {
	pix, err := f.pixels(i)
	if err != nil {
		return nil, err
	}
	pad := func(n int) int { return (n + idxMultiple - 1) / idxMultiple * idxMultiple }
	out := image.NewGray(image.Rect(0, 0, pad(f.cols), pad(f.rows)))
	left, top := (out.Rect.Dx()-f.cols)/2, (out.Rect.Dy()-f.rows)/2
	for y := range f.rows {
		copy(out.Pix[(top+y)*out.Stride+left:], pix[y*f.cols:(y+1)*f.cols])
	}
	return out, nil
}
