package cuda

// Device is a graphics card that can run networks.
type Device struct {
	Index        int
	Name         string
	Memory       int64 // bytes
	Major, Minor int   // compute capability
}
