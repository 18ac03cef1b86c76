package session

import (
	"context"
	"fmt"
	"image"
	"math"
	"reflect"
	"testing"

	"agurscope/history"
)

// A past verdict opens as it was judged, under thresholds that are long gone.
func TestReopenedVerdictIsTheOneThatWasJudged(t *testing.T) {
	b := newBench(t)
	b.SetKeep(KeepNotOK)
	b.SetOperator("anna")
	th := b.Thresholds()
	th.Low, th.High, th.MinArea = .3, .6, 4
	b.SetThresholds(th)
	var all []*Result
	_, err := b.Inspect(context.Background(), source{pictures: []image.Image{grey(10), grey(180), nil, brittle{}}}, func(r *Result) {
		all = append(all, r)
		th.High += .01 // somebody drags meanwhile
		b.SetThresholds(th)
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range all {
		rec, err := b.store.Verdict(context.Background(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Operator != "anna" || len(rec.Stages) == 0 {
			t.Errorf("%d: by %q in %v", i, rec.Operator, rec.Stages)
		}
		got, err := Reopen(rec, b.store)
		if i != 1 { // OK, and two that have no picture
			if err == nil || got == nil || got.Verdict != want.Verdict {
				t.Errorf("%d: opened %+v, %v", i, got, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if want.Verdict != history.NG || len(want.Regions) == 0 || !reflect.DeepEqual(got.Segmentation, want.Segmentation) ||
			!reflect.DeepEqual(visible(got), visible(want)) || got.Thresholds != want.Thresholds || got.Index != want.Index ||
			!reflect.DeepEqual(got.Regions, want.Regions) || !reflect.DeepEqual(got.Frame.Image, want.Frame.Image) || !math.IsNaN(got.Confidence) {
			t.Errorf("opened\n%+v\nwant\n%+v", got, want)
		}
	}
	n := 0
	for c, err := range b.store.Changes(context.Background(), all[0].Frame.Time, all[0].Frame.Time) {
		t.Error(c, err)
	}
	for c, err := range b.store.Changes(context.Background(), all[0].Frame.Time, history.Record{}.Time) {
		if err != nil || c.Setting != "thresholds" || c.Operator != "anna" || c.Before == c.After {
			t.Errorf("%+v, %v", c, err)
		}
		n++
	}
	if n < 2 || n > len(all) {
		t.Errorf("%d changes of thresholds", n)
	}
}

// The same recipe says the same of a kept picture, to the last bit, whenever it is
// asked; it logs nothing.
func TestReinspectedVerdictIsTheSameWithTheSameRecipe(t *testing.T) {
	b := newBench(t)
	b.SetKeep(KeepAll)
	ctx := context.Background()
	var all []*Result
	if _, err := b.Inspect(ctx, source{pictures: []image.Image{grey(10), grey(180)}}, func(r *Result) { all = append(all, r) }); err != nil {
		t.Fatal(err)
	}
	before, err := b.store.Count(ctx, history.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range all {
		rec, err := b.store.Verdict(ctx, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Reinspect(ctx, rec)
		if err != nil || got.Verdict != want.Verdict || !reflect.DeepEqual(visible(got), visible(want)) || !reflect.DeepEqual(got.Regions, want.Regions) {
			t.Errorf("%d: %+v, %v", i, got, err)
		}
		rec.ImageSHA256, rec.Path = "", "/nowhere/part.png"
		if _, err := b.Reinspect(ctx, rec); err == nil {
			t.Error("a picture that is gone was inspected")
		}
	}
	if after, err := b.store.Count(ctx, history.Filter{}); after != before || err != nil {
		t.Errorf("%d verdicts, then %d, %v", before, after, err)
	}
}

// visible are the fields of a prediction that anybody can see.
func visible(r *Result) any {
	p := r.Prediction
	return []any{p.Score, *p.Map, *p.Signed, *p.Input, *p.Reconstruction, p.Terms, p.Embedding, p.Doubt}
}

// What was kept is read back within bounds, whatever the file has become.
func FuzzMaps(f *testing.F) {
	f.Add([]byte("PK"), 0)
	f.Add([]byte(""), 40)
	f.Fuzz(func(t *testing.T, noise []byte, at int) {
		data := bytesOfMaps(t)
		for i, c := range noise {
			data[int(uint(at+i)%uint(len(data)))] ^= c
		}
		var res Result
		if err := decodeMaps(data, &res); err == nil && res.Prediction.Map.W*res.Prediction.Map.H != len(res.Segmentation.Labels) {
			t.Error("labels and map do not fit")
		}
		if err := decodeMaps(noise, &res); err == nil && len(noise) < 100 {
			t.Error("noise read")
		}
	})
}

var mapsOnce []byte

func bytesOfMaps(t *testing.T) []byte {
	t.Helper()
	if mapsOnce == nil {
		b := newBench(t)
		_, err := b.Inspect(context.Background(), source{pictures: []image.Image{grey(180)}}, func(r *Result) {
			var err error
			if mapsOnce, err = encodeMaps(r); err != nil {
				t.Fatal(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return append([]byte(nil), mapsOnce...)
}

func TestKeepIsWhatPeopleWrite(t *testing.T) {
	for text, want := range map[string]Keep{"": KeepNone, "none": KeepNone, "not-ok": KeepNotOK, "all": KeepAll} {
		if got, err := ParseKeep(text); got != want || err != nil {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	if _, err := ParseKeep("some"); err == nil {
		t.Error("some")
	}
	if s := fmt.Sprint(KeepNone.keeps(history.NG), KeepNotOK.keeps(history.OK), KeepNotOK.keeps(history.ERROR), KeepAll.keeps(history.OK)); s != "false false true true" {
		t.Error(s)
	}
}
