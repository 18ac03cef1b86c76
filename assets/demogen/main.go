// Command demogen draws the parts of the demonstration: a small MVTec-like
// tree to ship, and a larger folder of good parts to train its recipe on.
//
//	go run ./assets/demogen -ship assets/demo -train out/demo-train
package main

import (
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"agurscope/datasets/synthec"
)

const (
	side     = 512 // pixels
	quality  = 90
	shipped  = 24  // good parts that go with the program
	training = 160 // good parts to train on
	good     = 8   // good parts to inspect
	each     = 3   // parts of each defect to inspect
)

func main() {
	ship := flag.String("ship", "assets/demo", "folder of the demonstration")
	train := flag.String("train", "out/demo-train", "folder of good parts to train on")
	parts := flag.Int("parts", training, "how many of them")
	flag.Parse()
	if err := draw(*ship, *train, *parts); err != nil {
		log.Fatal(err)
	}
}

func draw(ship, train string, parts int) error {
	o := synthec.Options{Size: side, Pose: synthec.Jittered, Seed: 2026}
	for i := range parts {
		m, _ := synthec.Part(o, i, "")
		name := fmt.Sprintf("part-%03d.jpg", i)
		if err := write(filepath.Join(train, name), m); err != nil {
			return err
		}
		if i < shipped {
			if err := write(filepath.Join(ship, "train", "good", name), m); err != nil {
				return err
			}
		}
	}
	next := parts
	for i := range good {
		m, _ := synthec.Part(o, next, "")
		next++
		if err := write(filepath.Join(ship, "test", "good", fmt.Sprintf("part-%03d.jpg", i)), m); err != nil {
			return err
		}
	}
	for _, kind := range synthec.Defects() {
		for i := range each {
			m, mask := synthec.Part(o, next, kind)
			next++
			name := fmt.Sprintf("part-%03d", i)
			if err := write(filepath.Join(ship, "test", kind, name+".jpg"), m); err != nil {
				return err
			}
			if err := write(filepath.Join(ship, "ground_truth", kind, name+"_mask.png"), mask); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(path string, m image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if filepath.Ext(path) == ".png" {
		err = png.Encode(f, m)
	} else {
		err = jpeg.Encode(f, m, &jpeg.Options{Quality: quality})
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
