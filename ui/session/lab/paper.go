package lab

// What the paper prints, for reference lines and its column of the sheet.

// table1 is image AUC at 10 % abnormal parts, for AGUR-Net, DAGAN, LSTM-NDT and
// BiLSTM.
var table1 = []struct {
	dataset, class string
	subject        string // of ours; "" where the class does not exist
	auc            [4]float64
}{
	{"MVTec AD", "bottle", "mvtec/bottle", [4]float64{.836, .812, .769, .746}},
	{"MVTec AD", "cable", "mvtec/cable", [4]float64{.923, .894, .816, .836}},
	{"MVTec AD", "hazelnut", "mvtec/hazelnut", [4]float64{.946, .832, .874, .816}},
	{"MVTec AD", "transistor", "mvtec/transistor", [4]float64{.874, .798, .816, .803}},
	{"KSDD2", "gear wheel", "synthec/aligned", [4]float64{.913, .826, .813, .781}},
	{"KSDD2", "lock", "synthec/jittered", [4]float64{.936, .864, .885, .752}},
	{"KSDD2", "plastic case", "synthec/turned", [4]float64{.904, .829, .836, .811}},
	{"KSDD2", "chip", "synthec/coarse", [4]float64{.876, .864, .814, .809}},
	{"Fashion-MNIST", "bag", "fashion/bag", [4]float64{.896, .821, .838, .823}},
	{"Fashion-MNIST", "sandal", "fashion/sandal", [4]float64{.937, .903, .726, .874}},
	{"Fashion-MNIST", "pullover", "fashion/pullover", [4]float64{.948, .897, .798, .893}},
	{"Fashion-MNIST", "coat", "fashion/coat", [4]float64{.968, .814, .823, .846}},
}

// table2 is F1 by number of abnormal samples, for all six methods.
var table2 = []struct {
	dataset, subject string
	f1               [6][5]float64
}{
	{"YDFID-1", "ydfid", [6][5]float64{
		{.971, .939, .947, .927, .935}, {.903, .893, .841, .867, .836}, {.872, .810, .726, .734, .712},
		{.813, .798, .836, .874, .788}, {.857, .772, .802, .817, .836}, {.826, .813, .831, .846, .814},
	}},
	{"ECD", ecd, [6][5]float64{
		{.974, .963, .947, .922, .917}, {.923, .903, .896, .882, .873}, {.902, .895, .883, .862, .814},
		{.877, .871, .863, .763, .741}, {.891, .826, .831, .846, .819}, {.863, .825, .817, .798, .774},
	}},
}

// quoted are the places of curves that the text of the paper gives: tick, value.
type quoted map[string][][2]float64

// Per figure and panel.
var (
	fig7MVTec = quoted{
		"agurnet": {{185, .8426}}, "dagan": {{185, .7863}, {185, .7921}}, "lstm-ndt": {{185, .7931}}, "bilstm": {{185, .8163}},
	}
	fig7KSDD2 = quoted{"agurnet": {{150, .82}, {400, .96}}, "lstm-ndt": {{150, .7726}}, "bilstm": {{150, .8196}}}
	fig8All   = quoted{
		"agurnet": {{150, .4369}, {250, .75}, {400, .9726}}, "dagan": {{300, .7312}}, "lstm-ndt": {{250, .75}, {350, .82}}, "bilstm": {{275, .7631}},
	}
	fig11All = quoted{
		"agurnet": {{400, .016}}, "dagan": {{350, .07}, {400, .05}}, "lstm-ndt": {{200, .053}, {250, .082}}, "bilstm": {{250, .053}},
	}
)

// fig12 is milliseconds by profile, method and shape, where the paper gives them.
var fig12 = map[[3]string]float64{
	{"x1", "agurnet", "A"}: 372, {"x1", "agurnet", "B"}: 329, {"x1", "agurnet", "C"}: 378,
	{"x2", "agurnet", "A"}: 289, {"x2", "dagan", "A"}: 507, {"x2", "lstm-ndt", "A"}: 806,
	{"x2", "bilstm", "A"}: 623, {"x2", "mscdae", "A"}: 672, {"x2", "cflow", "A"}: 812,
}

// inconsistent says why numbers of the paper and ours cannot be equal.
var inconsistent = []string{
	"Data: KSDD2 shows one product and has no classes “gear wheel”, “lock”, “plastic case”, “chip”; MVTec AD has no “canvas”; YDFID-1 is yarn-dyed fabric with 312 defective pictures, not 15,000; no data set named ECD is public.",
	"Training: Adam with a learning rate of 0.4 diverges; ours is AdamW, and every method is trained by the defaults of this program for the same number of steps.",
	"“Iterations”: with 5,354 pictures in batches of 16, 400 of them would be about one pass over the data. Here a whole training is 400 ticks, and a point of a curve is a training of that length with its whole schedule, not a checkpoint of a longer one: what one gets who stops there.",
	"Thresholds: ours come from held-out good parts at each tick. Fig. 8 of the paper detects 43.69 % at 150 iterations where Fig. 7 already localises 82 to 96 %, which takes a badly placed threshold.",
	"Loss: the paper compares the losses of methods that minimise different things. Ours is the mean absolute difference of held-out good parts and their reconstruction for every method that has one.",
	"Rivals: DAGAN and LSTM-NDT are expanded by the paper as something else than what was published under these names; ours are those of their original papers, with the differences that each package states.",
	"Time: 372 ms on a V100 for 256 x 256 is two orders more than such networks take. Ours is from the file to the verdict on the machine named below.",
	"Table 3: attention gates add work; the paper's text says that they speed up, its own table has them 41 ms slower. F1 with as many good parts as abnormal ones can only fall with their number when those added are harder: they are added here in order of their size.",
}
