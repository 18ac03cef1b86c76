// Package anomaly finds what does not belong in an image, having seen good
// parts only.
//
// # From an image to a prediction
//
//	image ── Preparation ──▶ x ── (SSDAE) ── AGUR-Net ──▶ x̂ ── scoring network ──▶ s
//	                         │                  │         │                       │
//	                         │              features   residual |x−x̂|·(1−SSIM)    │
//	                         │                  │         │                       │
//	                         └─ handcrafted ─ distances to └── terms, each scaled ─┘
//	                                          good parts ──────── by good parts
//	                                                                   │
//	                                                    anomaly map A, image score S
//
// [Propose] decides how pictures are prepared, [Network] describes the networks,
// [Train] fits them to normal images damaged on purpose, [FitStatistics] learns
// what good parts look like in features, [Calibrate] learns from held-out normal
// images how large each term is on good parts, and [Detector] predicts. A
// [Recipe] holds all of it in one file. What becomes of a prediction, the
// verdict, is decided elsewhere: this package has no opinion.
//
// "The paper" is Liu and Li 2026; ARCHITECTURE.md says what was chosen where it
// leaves something open.
package anomaly
