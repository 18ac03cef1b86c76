package main

import (
	"context"
	"errors"

	"agurscope/ui/cli"
)

func openWindow(context.Context, cli.Window) error { return errors.New("the window is not built yet") }

func benchWindow(context.Context, cli.BenchWindow) error { return errors.New("not built yet") }
