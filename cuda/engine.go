//go:build nvidia

package cuda

import (
	"errors"
	"fmt"

	"gorgonia.org/cu"

	"agurscope/cuda/kernels"
	"agurscope/nn"
	"agurscope/nn/thread"
)

var errStopped = errors.New("the CUDA engine is closed")

// engine implements nn.Engine.
type engine struct {
	worker    *thread.Worker
	device    Device
	precision Precision
	ctx       cu.CUContext
	modules   []cu.Module
	stream    cu.Stream
	functions map[string]cu.Function
	pool      *pool
	version   int
	fault     error // of a call that left the context unusable
}

// Open starts the engine, after the device has shown that it computes right. Its
// error wraps nn.ErrUnavailable when it cannot.
func Open(o Options) (nn.Engine, error) {
	e, err := open(o)
	if err != nil {
		return nil, err
	}
	if err := e.trust(); err != nil {
		return nil, errors.Join(broken("%s: %v", e.device.Name, err), e.Close())
	}
	return e, nil
}

// open is Open without the check.
func open(o Options) (*engine, error) {
	all, err := Devices()
	if err != nil {
		return nil, err
	}
	if o.Device < 0 || o.Device >= len(all) {
		return nil, unavailable("there are %d cards, and no card %d", len(all), o.Device)
	}
	d := all[o.Device]
	if o.Precision != F32 && d.Major < tensorMajor {
		return nil, unavailable("%s is of compute capability %d.%d, and %s needs the tensor cores of %d.0", d.Name, d.Major, d.Minor, o.Precision, tensorMajor)
	}
	e := &engine{
		worker: thread.Start(errStopped), device: d, precision: o.Precision,
		pool: newPool(), functions: map[string]cu.Function{}, version: cu.Version(),
	}
	if err := e.worker.Do(e.start); err != nil {
		return nil, errors.Join(broken("%s: %v", e.device.Name, err), e.Close())
	}
	return e, nil
}

// start makes the context, which stays current on the worker's thread.
func (e *engine) start() error {
	dev, err := cu.GetDevice(e.device.Index)
	if err != nil {
		return fault("ask for the card", err)
	}
	if e.ctx, err = dev.MakeContext(cu.SchedBlockingSync); err != nil {
		return fault("open the card", err)
	}
	if e.stream, err = cu.MakeStream(cu.NonBlocking); err != nil {
		return fault("make a stream", err)
	}
	if err := e.load(kernels.PTX, kernels.Table); err != nil || e.precision == F32 {
		return err
	}
	return e.load(kernels.TensorPTX, kernels.Tensor)
}

// load makes a module's kernels known.
func (e *engine) load(ptx string, table map[string]string) error {
	m, err := cu.LoadData(ptx)
	if err != nil {
		return fault("load the kernels", err)
	}
	e.modules = append(e.modules, m)
	for name := range table {
		if e.functions[name], err = m.Function(name); err != nil {
			return fault("load the kernel "+name, err)
		}
	}
	return nil
}

// Name implements nn.Engine.
func (e *engine) Name() string { return "cuda" }

// Describe implements nn.Engine.
func (e *engine) Describe() string {
	s := fmt.Sprintf("CUDA %d.%d, %s, %.0f GB", e.version/1000, e.version%1000/10, e.device.Name, float64(e.device.Memory)/(1<<30))
	if e.precision != F32 {
		s += ", " + string(e.precision)
	}
	return s
}

// Close implements nn.Engine. It reports memory that was not given back; what a
// failed card still says is not asked for.
func (e *engine) Close() error {
	err := e.worker.Do(func() error {
		if e.ctx == (cu.CUContext{}) {
			return nil
		}
		leak, failed := e.pool.close()
		errs := []error{failed}
		for _, m := range e.modules {
			errs = append(errs, m.Unload())
		}
		if e.stream != (cu.Stream{}) {
			errs = append(errs, e.stream.Destroy())
		}
		errs = append(errs, e.ctx.Destroy())
		if e.fault != nil {
			return leak
		}
		return errors.Join(append(errs, leak)...)
	})
	e.worker.Stop()
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

// failed remembers a fault that outlives the call.
func (e *engine) failed(err error) error {
	if err != nil && e.fault == nil && errors.Is(err, nn.ErrFault) {
		e.fault = err
	}
	return err
}
