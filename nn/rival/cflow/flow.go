package cflow

import (
	"fmt"
	"math"
	"strings"

	"agurscope/nn"
)

// flow is a conditional normalising flow over fibres: the features of single
// places, each with the code of its place. Fibres lie in a row, (1,C,1,n), as if
// they were a picture: what each goes through are products over the channels.
type flow struct {
	*nn.Graph
	name     string
	n        int
	x, code  *nn.Node
	one      *nn.Node // (1,16,1,1), of which the first is 1: what makes a parameter a value
	z        *nn.Node
	turned   []float32
	unlikely *nn.Node // −log p / C of every fibre (1,1,1,n)
	weight   *nn.Node // of the loss; see learn
}

// newFlow builds the flow of a level for n fibres at a time.
func newFlow(ps *nn.Params, name string, c, n int) *flow {
	f := &flow{Graph: nn.NewGraph(ps), name: name, n: n}
	f.x = f.Input("fibres", nn.Shape{1, c, 1, n})
	f.code = f.Input("places", nn.Shape{1, place, 1, n})
	f.one = f.Input("one", nn.Shape{1, width, 1, 1})
	half := repeat(float32(.5/float64(c)), c)
	minus := func(k int) []float32 { return repeat(float32(-1/float64(c)), k) }

	y := f.x
	var logs []*nn.Node // what the logarithm of the determinant is a sum of
	for b := range blocks {
		var log []*nn.Node
		y, log = f.block(fmt.Sprintf("%s.%d", name, b), y, uint64(b))
		logs = append(logs, log...)
	}
	f.z = y
	u := f.sum(name+".half", f.Mul(y, y), half, float32(.5*math.Log(2*math.Pi)))
	for _, l := range logs {
		s := f.sum(fmt.Sprintf("%s.minus%d", name, l.Shape[1]), l, minus(l.Shape[1]), 0)
		if s.Shape[3] != n { // the same for all fibres
			s = f.Broadcast(s, 1, n)
		}
		u = f.Add(u, s)
	}
	f.unlikely = f.Keep(u)
	return f
}

// block is one coupling block,
//
//	s, t = MLP(x1, place),  x2' = x2·exp(2 tanh s) + t,  y = R ([x1,x2']·exp(G) + o),
//
// whose logarithm of the determinant is the sum of 2 tanh s and of G, which it
// returns. R is a rotation that is never trained. At first exp(G) is 1, and s and t
// are small.
func (f *flow) block(name string, x *nn.Node, number uint64) (y *nn.Node, logs []*nn.Node) {
	c := x.Shape[1]
	second := c / 2
	firstHalf, x2 := f.Slice(x, 0, c-second), f.Slice(x, c-second, second)
	in := f.Concat(firstHalf, f.code)
	h := f.ReLU(f.Conv(name+".hidden", in, 2*in.Shape[1], 1, nn.ConvOptions{Bias: true}))
	a := f.Conv(name+".affine", h, 2*second, 1, nn.ConvOptions{Bias: true, Gain: .1})
	s := f.Tanh(f.Slice(a, 0, second))
	s = f.Add(s, s)
	x2 = f.Add(f.Mul(x2, f.Exp(s)), f.Slice(a, second, second))

	gain := f.weigh(name+".gain", f.one, c, repeat(0, c*width), 0)
	y = f.Scale(f.Concat(firstHalf, x2), f.Exp(gain))
	begins := f.Params.Get(name+fixed+"rotation.weight") == nil
	y = f.Conv(name+fixed+"rotation", y, c, 1, nn.ConvOptions{Bias: true})
	if begins {
		w := f.Params.Get(name + fixed + "rotation.weight").Data()
		for i, v := range rotation(c, number) {
			w[i] = float32(v)
		}
	}
	return y, []*nn.Node{s, gain}
}

// fixed is part of the names of weights that are never trained.
const fixed = ".fixed."

// sum adds up channels with fixed weights, and a constant.
func (f *flow) sum(name string, x *nn.Node, weights []float32, add float32) *nn.Node {
	return f.weigh(name+fixed+"sum", x, 1, weights, add)
}

// weigh is a product over the channels, to so many, whose weights begin with the
// given ones.
func (f *flow) weigh(name string, x *nn.Node, to int, weights []float32, add float32) *nn.Node {
	begins := f.Params.Get(name+".weight") == nil
	y := f.Conv(name, x, to, 1, nn.ConvOptions{Bias: add != 0, BiasInit: add})
	if begins {
		copy(f.Params.Get(name+".weight").Data(), weights)
	}
	return y
}

// learn adds the loss: the mean of what is unlikely.
func (f *flow) learn() {
	f.weight = f.Input("weight", nn.Shape{1, 1, 1, 1})
	f.Minimise("likelihood", f.CriticLoss(f.unlikely, f.weight, true), 1)
}

// moves says which parameters are trained.
func (f *flow) moves(p *nn.Param) bool {
	if !strings.HasPrefix(p.Name, f.name+".") {
		return false
	}
	if strings.Contains(p.Name, fixed) { // a rotation's bias is the affine's
		return strings.HasSuffix(p.Name, "rotation.bias")
	}
	return true
}

// width is that of a block of channels: engines have no product from fewer.
const width = 16

func one() []float32 {
	out := make([]float32, width)
	out[0] = 1
	return out
}

// bind sets what never changes.
func (f *flow) bind(p nn.Program) {
	p.Set(f.one, one())
	if f.weight != nil {
		p.Set(f.weight, []float32{-1})
	}
}

// set gives the program fibres and the codes of their places, one after the other.
func (f *flow) set(p nn.Program, x, codes []float32) {
	f.turned = turn(f.turned, x, f.n)
	p.Set(f.x, f.turned)
	f.turned = turn(f.turned, codes, f.n)
	p.Set(f.code, f.turned)
}

// turn lays n fibres out channel by channel.
func turn(dst, x []float32, n int) []float32 {
	c := len(x) / n
	if cap(dst) < len(x) {
		dst = make([]float32, len(x))
	}
	dst = dst[:len(x)]
	for i := range n {
		for k, v := range x[i*c : (i+1)*c] {
			dst[k*n+i] = v
		}
	}
	return dst
}
