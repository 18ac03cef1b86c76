package nntest

import "agurscope/nn"

func lossCases() []testCase {
	return []testCase{
		{"L1 loss", func(b *net) {
			b.g.Minimise("l1", b.g.L1Loss(b.image(3, 3, 5, 7), b.target(3, 3, 5, 7), b.mask(3, 5, 7), 4), 0.7)
		}, false},
		{"SSIM loss", func(b *net) {
			b.g.Minimise("ssim", b.g.SSIMLoss(b.image(3, 3, 9, 14), b.target(3, 3, 9, 14)), 0.5)
		}, false},
		{"SSIM loss smaller than the window", func(b *net) {
			b.g.Minimise("ssim", b.g.SSIMLoss(b.image(1, 1, 4, 3), b.target(1, 1, 4, 3)), 1)
		}, false},
		{"spectrum loss", func(b *net) {
			b.g.Minimise("spectrum", b.g.SpectrumLoss(b.image(3, 3, 6, 7), b.target(3, 3, 6, 7)), 0.1)
		}, false},
		{"spectrum loss of a power of two", func(b *net) {
			b.g.Minimise("spectrum", b.g.SpectrumLoss(b.image(1, 3, 8, 16), b.target(1, 3, 8, 16)), 1)
		}, false},
		{"focal loss", func(b *net) {
			b.g.Minimise("focal", b.g.FocalLoss(b.input(3, 1, 7, 9), b.mask(3, 7, 9), 2), 1.5)
		}, false},
		{"focal loss of large logits", func(b *net) {
			s := b.input(1, 1, 5, 5)
			for i := range b.data[s] {
				b.data[s][i] *= 12
			}
			b.g.Minimise("focal", b.g.FocalLoss(s, b.mask(1, 5, 5), 0), 1)
		}, false},
		{"focal loss of more pixels than a chunk", func(b *net) {
			b.g.Minimise("focal", b.g.FocalLoss(b.input(1, 1, 67, 71), b.mask(1, 67, 71), 2), 1)
		}, false},
		{"deviation loss", func(b *net) {
			m := b.mask(3, 9, 7)
			clear(b.data[m][:2*63]) // two clean images, one damaged
			o := nn.DeviationLoss{Mu: -1, Margin: 5, Share: 0.4, MinPixels: 3}
			b.g.Minimise("deviation", b.g.DeviationLoss(b.input(3, 1, 9, 7), m, o), 0.3)
		}, false},
		{"deviation loss of a map smaller than K", func(b *net) {
			o := nn.DeviationLoss{Mu: 2, Margin: 5, Share: 0.1}
			b.g.Minimise("deviation", b.g.DeviationLoss(b.input(1, 1, 3, 3), b.mask(1, 3, 3), o), 1)
		}, false},
		{"three losses of one value", func(b *net) {
			y := b.g.Keep(b.g.Sigmoid(b.g.Conv("conv", b.input(3, 5, 8, 8), 3, 3, nn.ConvOptions{Bias: true})))
			t := b.target(3, 3, 8, 8)
			b.g.Minimise("l1", b.g.L1Loss(y, t, b.mask(3, 8, 8), 4), 1)
			b.g.Minimise("ssim", b.g.SSIMLoss(y, t), 0.5)
			b.g.Minimise("spectrum", b.g.SpectrumLoss(y, t), 0.1)
		}, false},
		{"loss on a value read further", func(b *net) {
			y := b.g.Sigmoid(b.g.Conv("conv", b.input(1, 5, 8, 8), 3, 3, nn.ConvOptions{Bias: true}))
			t := b.target(1, 3, 8, 8)
			b.g.Minimise("ssim", b.g.SSIMLoss(y, t), 0.5)
			b.probe(b.g.Conv("next", y, 8, 3, nn.ConvOptions{}))
		}, false},
		{"L2 loss", func(b *net) {
			b.g.Minimise("l2", b.g.L2Loss(b.image(3, 3, 5, 7), b.target(3, 3, 5, 7)), 0.7)
		}, false},
		{"L2 loss of many channels", func(b *net) {
			b.g.Minimise("l2", b.g.L2Loss(b.input(3, 17, 4, 3), b.fixed(3, 17, 4, 3)), 2)
		}, false},
		{"L2 loss of more pixels than a chunk", func(b *net) {
			b.g.Minimise("l2", b.g.L2Loss(b.image(1, 1, 67, 71), b.target(1, 1, 67, 71)), 1)
		}, false},
		{"critic loss", func(b *net) {
			t := b.fixed(4, 1, 1, 1)
			copy(b.data[t], []float32{1, -0.5, 0, 2})
			b.g.Minimise("critic", b.g.CriticLoss(b.input(4, 1, 5, 3), t, false), 0.7)
		}, false},
		{"critic loss of one answer each", func(b *net) {
			b.g.Minimise("critic", b.g.CriticLoss(b.input(3, 1, 1, 1), b.fixed(3, 1, 1, 1), false), 1)
		}, false},
		{"linear critic loss", func(b *net) {
			t := b.fixed(4, 1, 1, 1)
			copy(b.data[t], []float32{1, -0.5, 0, 2})
			b.g.Minimise("critic", b.g.CriticLoss(b.input(4, 1, 5, 3), t, true), 0.7)
		}, false},
		{"critic of patches", func(b *net) {
			y := b.g.LeakyReLU(b.g.Conv("c1", b.image(3, 3, 16, 12), 8, 4, nn.ConvOptions{Stride: 2, Bias: true}), 0.2)
			y = b.g.LeakyReLU(b.g.Norm("n", b.g.Conv("c2", y, 12, 4, nn.ConvOptions{Stride: 2}), false), 0.2)
			s := b.g.Keep(b.g.Conv("c3", y, 1, 3, nn.ConvOptions{Bias: true}))
			b.g.Minimise("critic", b.g.CriticLoss(s, b.fixed(3, 1, 1, 1), false), 1)
		}, false},
		{"sparsity loss", func(b *net) {
			b.g.Minimise("sparsity", b.g.SparsityLoss(b.image(3, 3, 5, 7), 0.05), 0.7)
		}, false},
		{"sparsity loss of many channels", func(b *net) {
			b.g.Minimise("sparsity", b.g.SparsityLoss(b.image(3, 17, 4, 3), 0.2), 1)
		}, false},
		{"sparsity loss of dead and sated channels", func(b *net) {
			h := b.image(2, 9, 3, 5)
			for i := range b.data[h] {
				switch i / 15 % 9 {
				case 3:
					b.data[h][i] *= 1e-5
				case 8:
					b.data[h][i] = 1 - 1e-5*b.data[h][i]
				}
			}
			b.g.Minimise("sparsity", b.g.SparsityLoss(h, 0.05), 1)
		}, false},
		{"sparse autoencoder of patches", func(b *net) {
			x := b.image(3, 3, 16, 12)
			h := b.g.Keep(b.g.Sigmoid(b.g.Conv("e", x, 12, 8, nn.ConvOptions{Stride: 4, Bias: true})))
			y := b.g.Keep(b.g.Fold(b.g.Conv("d", h, 3*8*8, 1, nn.ConvOptions{Bias: true}), 8, 4))
			b.g.Minimise("sparsity", b.g.SparsityLoss(h, 0.05), 0.03)
			b.g.Minimise("code", b.g.L2Loss(h, b.target(3, 12, 4, 3)), 0.5)
			b.g.Minimise("l2", b.g.L2Loss(y, b.target(3, 3, 16, 12)), 1)
		}, false},
		{"loss of weight 0", func(b *net) {
			y := b.g.Conv("conv", b.input(1, 3, 5, 5), 3, 3, nn.ConvOptions{})
			b.g.Minimise("idle", b.g.L1Loss(b.g.ReLU(y), b.fixed(1, 3, 5, 5), b.mask(1, 5, 5), 1), 0)
			b.probe(y)
		}, false},
	}
}
