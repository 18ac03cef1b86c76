//go:build nvidia

package cuda

import (
	"errors"
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// pool hands out memory of the card and of the host. What programs give back
// is kept for the next of the same size, because the driver's own allocation
// stops the card; where memory is short it is given back first.
type pool struct {
	used  map[cu.DevicePtr]int64
	free  map[int64][]cu.DevicePtr
	host  map[unsafe.Pointer]int // bytes
	bytes int64                  // of used
}

func newPool() *pool {
	return &pool{used: map[cu.DevicePtr]int64{}, free: map[int64][]cu.DevicePtr{}, host: map[unsafe.Pointer]int{}}
}

// granule is what sizes are rounded up to.
const granule = 64 << 10

func (m *pool) alloc(bytes int64) (cu.DevicePtr, error) {
	bytes = (max(bytes, 1) + granule - 1) / granule * granule
	if f := m.free[bytes]; len(f) > 0 {
		p := f[len(f)-1]
		m.free[bytes] = f[:len(f)-1]
		m.take(p, bytes)
		return p, nil
	}
	p, err := cu.MemAlloc(bytes)
	if errors.Is(err, cu.OutOfMemory) && m.trim() == nil {
		p, err = cu.MemAlloc(bytes)
	}
	if err != nil {
		return 0, fault(fmt.Sprintf("get %d MB", (bytes+1<<20-1)>>20), err)
	}
	m.take(p, bytes)
	return p, nil
}

func (m *pool) take(p cu.DevicePtr, bytes int64) {
	m.used[p] = bytes
	m.bytes += bytes
}

func (m *pool) release(p cu.DevicePtr) {
	bytes, ok := m.used[p]
	if !ok {
		return
	}
	delete(m.used, p)
	m.bytes -= bytes
	m.free[bytes] = append(m.free[bytes], p)
}

// trim gives what is free back to the driver.
func (m *pool) trim() error {
	var errs []error
	for _, ps := range m.free {
		for _, p := range ps {
			errs = append(errs, cu.MemFree(p))
		}
	}
	clear(m.free)
	return errors.Join(errs...)
}

// pinned returns host memory that the card copies from and to by itself.
func (m *pool) pinned(bytes int) (unsafe.Pointer, error) {
	p, err := hostAlloc(max(bytes, 4))
	if err != nil {
		return nil, fault("get memory of the host", err)
	}
	m.host[p] = bytes
	return p, nil
}

func (m *pool) unpin(p unsafe.Pointer) error {
	if _, ok := m.host[p]; !ok {
		return nil
	}
	delete(m.host, p)
	return cu.MemFreeHost(p)
}

// close gives everything back. leak tells what programs have not.
func (m *pool) close() (leak, failed error) {
	if len(m.used) > 0 || len(m.host) > 0 {
		leak = fmt.Errorf("%d bytes of the card in %d blocks and %d host buffers were never given back",
			m.bytes, len(m.used), len(m.host))
	}
	for p, bytes := range m.used {
		m.free[bytes] = append(m.free[bytes], p)
	}
	var errs []error
	for p := range m.host {
		errs = append(errs, cu.MemFreeHost(p))
	}
	clear(m.host)
	return leak, errors.Join(append(errs, m.trim())...)
}
