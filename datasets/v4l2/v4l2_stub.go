//go:build !linux

package v4l2

import (
	"context"
	"errors"

	"agurscope/datasets/live"
)

type kernel any

var errLinux = errors.New("webcams by Video4Linux are there on Linux alone")

// List finds the cameras that are plugged in.
func List() ([]Device, error) { return nil, errLinux }

// Open implements live.Driver.
func (d *Driver) Open(context.Context) (live.Stream, error) { return nil, errLinux }
