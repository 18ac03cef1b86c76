//go:build !cgo || !linux

package aravis

import (
	"context"

	"agurscope/datasets/live"
)

// Available says why the library cannot be used, or nil.
func Available() error { return ErrUnavailable }

// List looks for cameras on all networks and buses.
func List() ([]Device, error) { return nil, ErrUnavailable }

// Open implements live.Driver.
func (d *Driver) Open(context.Context) (live.Stream, error) { return nil, ErrUnavailable }
