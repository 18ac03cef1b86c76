package synthec

import "math"

// Measures of the part in units.
const (
	bodyHalfW, bodyHalfH = 30, 40
	bodyRound            = 2.2
	pinX                 = 38 // centre of a pin from the middle
	pinHalfL, pinHalfW   = 9, 2.5
	pinPitch             = 12
	pinsPerSide          = 6
	pins                 = 2 * pinsPerSide
	padFrom, padTo       = 37.5, 51 // the pad lies under the foot of the pin and shows around it
	padHalfW             = 3.5
)

// Colours of a good part.
var (
	boardGreen = rgb{0.115, 0.40, 0.215}
	traceGreen = rgb{0.155, 0.50, 0.265}
	tin        = rgb{0.60, 0.585, 0.54}
	copper     = rgb{0.70, 0.56, 0.33}
	metal      = rgb{0.70, 0.705, 0.72}
	silk       = rgb{0.80, 0.83, 0.79}
	epoxy      = rgb{0.165, 0.165, 0.175}
	marking    = rgb{0.43, 0.44, 0.43}
)

// pinY returns the middle of pin row k, 0 to 5 from the top.
func pinY(k int) float64 { return (float64(k) - (pinsPerSide-1)/2.0) * pinPitch }

// nearestPin returns the row whose pin is nearest.
func nearestPin(y float64) int {
	k := int(math.Round(y/pinPitch + (pinsPerSide-1)/2.0))
	return min(max(k, 0), pinsPerSide-1)
}

// colour paints the part at x,y from the board up and returns how much of the
// change there is the defect's.
func (s *scene) colour(x, y float64, d *damage) (c rgb, hit float64) {
	inBody := cover(box(x, y, bodyHalfW, bodyHalfH, bodyRound), s.soft)
	chip := 0.0
	if d != nil && inBody > 0 {
		chip = d.chipped(x, y, s)
	}
	bare := 1 - inBody*(1-chip)
	if bare > 0 {
		c = s.boardAt(x, y)
		c, hit = s.pinAt(c, x, y, d)
		if d != nil {
			var a float64
			if c, a = d.bridged(c, x, y, s); a > 0 {
				hit = max(hit, a)
			}
			hit *= 1 - inBody
		}
	}
	if inBody > 0 {
		c = c.over(s.bodyAt(x, y), inBody)
		if chip > 0 {
			c = c.over(d.fracture(x, y, s), chip*inBody)
			hit = max(hit, chip*inBody)
		}
	}
	if d != nil {
		var a float64
		c, a = d.onTop(c, x, y, s)
		hit = max(hit, a)
	}
	return c, hit
}

// boardAt paints the board: solder mask over copper, four vertical traces,
// fan-outs with vias, the printed outline, and the shade beside the body.
func (s *scene) boardAt(x, y float64) rgb {
	texture := 0.03*valueNoise(x, y, 16, s.board) + 0.015*valueNoise(x, y, 2, s.board+1)
	c := boardGreen.plus(texture)
	d := traceDistance(x, y)
	if a := cover(d, s.soft); a > 0 {
		c = c.over(traceGreen.plus(texture), a)
	}
	// Copper under the mask has a lit and a shaded flank.
	if math.Abs(d) < 1.2 {
		ridge := (1 - math.Abs(d)/1.2) * 0.05
		if traceDistance(x-0.5, y-0.5) > d {
			ridge = -ridge
		}
		c = c.plus(-ridge)
	}
	c = s.viasAt(c, x, y)
	// Silk-screen corners around the body.
	if math.Abs(y) > bodyHalfH+2 && math.Abs(x) < bodyHalfW+3 {
		line := math.Abs(box(x, y, bodyHalfW+1, bodyHalfH+4.5, 1)) - 0.45
		if math.Abs(x) > bodyHalfW-11 {
			c = c.over(silk, 0.85*cover(line, s.soft))
		}
	}
	// The body stands above the board and keeps light from it.
	shade := box(x-1.6, y-1.9, bodyHalfW, bodyHalfH, 3)
	if shade < 5 {
		c = c.lit(1 - 0.42*smooth(1-max(shade, 0)/5))
	}
	return c
}

// traceX are the four vertical traces.
var traceX = [4]float64{-59, -54.5, 54.5, 59}

// traceDistance is the signed distance to the nearest copper line.
func traceDistance(x, y float64) float64 {
	d := math.Inf(1)
	for _, tx := range traceX {
		d = min(d, math.Abs(x-tx)-1.1)
	}
	if side := math.Abs(x); side > padTo-2 { // from every second pad to the inner trace
		k := nearestPin(y)
		if (k%2 == 0) == (x < 0) && side < 54.5 {
			d = min(d, math.Abs(y-pinY(k))-1.0)
		}
	}
	// Two lines leave above and below, hidden by the body in between.
	if math.Abs(y) > bodyHalfH-2 {
		d = min(d, math.Abs(math.Abs(x)-12)-1.0)
	}
	return d
}

// viasAt paints plated holes.
func (s *scene) viasAt(c rgb, x, y float64) rgb {
	const vy = 54
	if math.Abs(y) < vy-5 || math.Abs(math.Abs(x)-12) > 5 {
		return c
	}
	r := disc(math.Abs(x)-12, math.Abs(y)-vy, 0)
	light := 0.9 - 0.18*(x-math.Copysign(12, x)+y-math.Copysign(vy, y))/3
	c = c.over(copper.lit(light), cover(r-2.9, s.soft))
	return c.over(grey(0.07), cover(r-1.35, s.soft))
}

// pinAt paints the pad and the pin at x,y, and without the pin what is left.
func (s *scene) pinAt(c rgb, x, y float64, d *damage) (rgb, float64) {
	k := nearestPin(y)
	dy, along := y-pinY(k), math.Abs(x)
	if math.Abs(dy) > 6 || along < bodyHalfW-2 || along > padTo+2 {
		return c, 0
	}
	pad := cover(box(along-(padFrom+padTo)/2, dy, (padTo-padFrom)/2, padHalfW, 1.3), s.soft)
	pin := cover(box(along-pinX, dy, pinHalfL, pinHalfW, 0.7), s.soft)
	if d != nil && d.missing(k, x) {
		dull := tin.lit(0.80 + 0.06*valueNoise(x, y, 2.5, s.board+2))
		return c.over(dull, pad), max(pin, pad) // its solder is missing too
	}
	if pad > 0 {
		// The fillet climbs towards the toe of the pin.
		fillet := 0.82 + 0.30*gauss(along-(pinX+pinHalfL+1.3), 1.1)*gauss(dy, 2.4) - 0.10*dy/padHalfW
		c = c.over(tin.lit(fillet), pad)
	}
	shadow := cover(box(along-pinX-0.2, dy-1.3, pinHalfL, pinHalfW, 0.7), 1.2)
	c = c.lit(1 - 0.35*shadow*(1-pin))
	return c.over(metal.lit(pinLight(along, dy)), pin), 0
}

// pinLight shades a gull-wing pin: the shoulder at the body, the bend down,
// the foot, and a highlight along it.
func pinLight(along, dy float64) float64 {
	foot := along - pinX
	l := 0.80 - 0.055*dy
	l += 0.42 * gauss(dy+0.7, 0.85)            // highlight along the pin
	l -= 0.30 * gauss(foot+1.2, 1.7)           // the bend faces away
	l += 0.16 * gauss(foot+4.6, 1.5)           // the shoulder
	l -= 0.22 * smooth((foot-7.2)/1.8)         // the toe
	l -= 0.25 * smooth((-foot-6.3)/1.6)        // under the edge of the body
	return l - 0.16*smooth((math.Abs(dy)-1.5)) // flanks
}

// bodyAt paints the moulded body with its bevel, grain, dot and print.
func (s *scene) bodyAt(x, y float64) rgb {
	grain := 0.012*valueNoise(x, y, 1.1, s.grain) + 0.008*valueNoise(x, y, 5, s.grain+1)
	c := epoxy.plus(grain - 0.00022*(x+1.4*y)) // light falls in from the upper left
	edge := -box(x, y, bodyHalfW, bodyHalfH, bodyRound)
	if edge < 3.4 { // the bevel: each flank has its own light
		flank := 0.0
		switch dx, dy := bodyHalfW-math.Abs(x), bodyHalfH-math.Abs(y); {
		case dx < dy:
			flank = math.Copysign(0.045, -x)
		default:
			flank = math.Copysign(0.065, -y)
		}
		c = c.plus(flank * cover(edge-2.6, 0.8))
		c = c.plus(0.05 * gauss(edge-2.6, 0.5)) // the ridge catches light
	}
	c = s.dimple(c, x+22, y+32, 3.1)
	// The notch of the mould at the top.
	c = s.dimple(c, x, y+bodyHalfH, 4.2)
	if a := s.printed(x, y); a > 0 {
		worn := 0.80 + 0.10*valueNoise(x, y, 1.3, s.grain+2)
		c = c.over(marking, a*worn)
	}
	return c
}

// dimple presses a round hollow into the body.
func (s *scene) dimple(c rgb, x, y, r float64) rgb {
	d := disc(x, y, r)
	a := cover(d, s.soft)
	if a == 0 {
		return c
	}
	slope := (x + y) / (1.5 * r) * smooth(1+d/(0.9*r)) // dark towards the light, lit away from it
	return c.over(c.lit(0.80).plus(0.085*slope), a)
}

func gauss(d, sd float64) float64 {
	t := d / sd
	if t > 4 || t < -4 {
		return 0
	}
	return math.Exp(-0.5 * t * t)
}

// smooth is a step from 0 to 1 with soft shoulders.
func smooth(t float64) float64 {
	t = min(max(t, 0), 1)
	return t * t * (3 - 2*t)
}
