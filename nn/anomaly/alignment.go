package anomaly

// Alignment says how parts lie in the pictures, which decides how residuals
// are compared: per position when every part lies alike, over the whole
// picture otherwise.
type Alignment string

// The alignments; the empty one is Auto.
const (
	Auto       Alignment = "auto"
	Registered Alignment = "registered" // in a nest or fixture: per-pixel statistics
	Free       Alignment = "free"       // any pose, or a texture: global statistics
)

// registeredFrom is the share of variance that position must explain for
// parts to count as registered.
const registeredFrom = 0.5
