package feature

// multiply sets y to the product of the matrix a, len(y) rows of len(x)
// numbers, and x. Every row is summed from left to right. That of gonum is
// faster by vector instructions, but depends in its last bits on where the
// memory lies, and a picture must not get another score when it is looked at
// again.
func multiply(y, a, x []float32) {
	d := len(x)
	for len(y) >= 8 { // eight sums at a time hide how long one addition takes
		a0, a1, a2, a3 := a[:d], a[d:][:d], a[2*d:][:d], a[3*d:][:d]
		a4, a5, a6, a7 := a[4*d:][:d], a[5*d:][:d], a[6*d:][:d], a[7*d:][:d]
		var s0, s1, s2, s3, s4, s5, s6, s7 float32
		for i, v := range x {
			s0 += a0[i] * v
			s1 += a1[i] * v
			s2 += a2[i] * v
			s3 += a3[i] * v
			s4 += a4[i] * v
			s5 += a5[i] * v
			s6 += a6[i] * v
			s7 += a7[i] * v
		}
		y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7] = s0, s1, s2, s3, s4, s5, s6, s7
		y, a = y[8:], a[8*d:]
	}
	for k := range y {
		row, sum := a[k*d:][:d], float32(0)
		for i, v := range x {
			sum += row[i] * v
		}
		y[k] = sum
	}
}

// square returns |v|².
func square(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum
}
