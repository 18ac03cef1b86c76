# Agurscope. `make` lists what there is; `make run` and `make test` need nothing
# else beforehand than Go and, for missing system packages, apt-get.

SHELL   := /bin/bash
comma   := ,
# no_emoji: the colour font of Fyne costs 50 MB of memory that no verdict needs.
TAGS    := onednn,no_emoji$(if $(filter Linux-x86_64 Linux-aarch64,$(shell uname -sm | tr ' ' -)),$(comma)nvidia)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN     := bin/agurscope
OUT     := out

# A package per line: what for.
BUILD_PACKAGES := gcc libc6-dev pkg-config \
  libdnnl-dev \
  libgl-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev \
  libwayland-dev libxkbcommon-dev
# The kernels of the graphics card: clang compiles them, and in the tests PoCL
# runs them on the processor, where no card is.
KERNEL_PACKAGES := clang pocl-opencl-icd ocl-icd-opencl-dev
# Only where there is no display: a virtual one, and OpenGL in software.
HEADLESS_PACKAGES := xvfb xauth libgl1-mesa-dri
# To use the window as a person does, and to look at it: make screenshots.
LOOK_PACKAGES := xdotool imagemagick ffmpeg
# Only where other people's programs are measured or asked.
onnx-parity onednn3 bench-peers: MORE_PACKAGES := python3 python3-venv
# Only for tests: the program that tampers with the history; the GigE Vision
# camera of the Aravis library, and network cameras played by ffmpeg.
TEST_PACKAGES := sqlite3 aravis-tools libaravis-dev ffmpeg mosquitto
test portable race check fuzz kill soak-history soak-line soak-camera: MORE_PACKAGES = $(TEST_PACKAGES) $(KERNEL_PACKAGES)
kernels simulator ptxas: MORE_PACKAGES = $(KERNEL_PACKAGES)

XVFB := xvfb-run -a -s "-screen 0 1600x1000x24 +extension GLX"
# A display of its own wherever the session has none.
ONSCREEN := $(if $(or $(DISPLAY),$(WAYLAND_DISPLAY)),,$(XVFB))
GOTEST := go test -tags $(TAGS)

# Tests run the engine beside each other: its idle threads must not spin. The
# program itself sees to that when it starts.
export GOMP_SPINCOUNT ?= 1000

# gorgonia.org/cu is compiled against a cuda.h and a libcuda of our own, which
# look for the driver when the program runs. The folder's name is its content, so
# that Go's build cache sees a change of the header.
SHIM := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/agurscope/shim-$(shell cat cuda/shim/* | sha256sum | cut -c1-12)
export CGO_CFLAGS  := -O2 -g -I$(SHIM)
export CGO_LDFLAGS := -O2 -g -L$(SHIM)

.DEFAULT_GOAL := help
.PHONY: help setup kernels simulator ptxas bench-cuda build run test race lint fuzz bench bench-batches bench-ui kill soak-history accuracy onnx-parity demo golden icon package check clean history-million

help: ## this list
	@echo "Agurscope $(VERSION)"
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 12

setup: ## install the system packages that are missing
	@missing=(); for p in $(BUILD_PACKAGES) $(HEADLESS_PACKAGES) $(MORE_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing+=($$p); done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  echo "Installing what is missing: $${missing[*]}"; \
	  echo "  libdnnl: the neural network on the processor; libgl, libx11, libwayland …: the window; xvfb, mesa: a window without a display; clang, pocl: the kernels of the graphics card and their tests; sqlite3: a test that tampers with the history; aravis, ffmpeg, mosquitto: cameras and a broker to test against."; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; fi
	@$(MAKE) -s --no-print-directory $(SHIM)/libcuda.a

$(SHIM)/libcuda.a:
	@mkdir -p $(SHIM) && cp cuda/shim/cuda.h $(SHIM)
	@cd $(SHIM) && gcc -O2 -Wall -fPIC -c $(CURDIR)/cuda/shim/shim.c -o shim.o && gcc -fPIC -c $(CURDIR)/cuda/shim/shim.S -o stubs.o
	@cd $(SHIM) && ar rcs new.a shim.o stubs.o && mv new.a libcuda.a

build: setup ## build bin/agurscope
	@go build -tags $(TAGS) -ldflags "-X main.version=$(VERSION)" -o $(BIN) .

run: build ## open the window on the demonstration; without a display, leave its picture under out/
ifneq ($(ONSCREEN),)
	@mkdir -p $(OUT) && rm -rf $(OUT)/history.db*
	@$(XVFB) $(BIN) --demo --db $(OUT)/history.db --script tour --screenshot $(OUT)/window.png
	@$(BIN) history list --db $(OUT)/history.db
	@echo "No display here: the window's picture is $(OUT)/window.png, its history $(OUT)/history.db"
else
	@$(BIN) --demo
endif

test: setup ## every test, headless
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet -tags $(TAGS) ./...
	go vet ./nn/... ./cuda/... ./datasets/... ./history/...
	$(ONSCREEN) $(GOTEST) ./...
	go test -tags no_emoji .

.PHONY: experiments experiments-full experiments-fashion
# DATA=DIR holds mvtec_ad, kolektorsdd … ; what is missing is named. Both go on where
# they were stopped. Full: Fashion-MNIST and all else by the whole protocol, a day.
DATA := $(if $(wildcard ../shared/data),../shared/data,data)
experiments experiments-full experiments-fashion: MORE_PACKAGES := dataset-fashion-mnist
experiments: build ## the paper's figures and tables with small budgets, 90 minutes on two processors
	$(BIN) experiments all --quick --data $(DATA) --out $(OUT)/lab
experiments-full: build ## the same by the whole protocol
	$(BIN) experiments all --data $(DATA) --out $(OUT)/lab-full
experiments-fashion: build ## Table 1 on Fashion-MNIST: all test pictures, 6,000 to learn from, 400 steps, an hour and a half
	$(BIN) experiments table1 --only fashion --input 64 --steps 400 --seeds 2 --data $(DATA) --out $(OUT)/lab-fashion

.PHONY: portable
portable: setup ## build and test the program without oneDNN
	go vet -tags no_emoji ./...
	go build -tags no_emoji -o bin/agurscope-portable .
	$(ONSCREEN) go test -tags no_emoji ./...

race: setup ## the tests with the race detector
	$(ONSCREEN) $(GOTEST) -race ./datasets/... ./history/... ./nn/segment ./nn/metrics ./nn/defect ./nn/onednn ./viewer/... ./ui/...

.PHONY: guard
guard: setup ## the engine's tests with a page after every value that must not be touched
	CGO_CFLAGS="$(CGO_CFLAGS) -DAGUR_GUARD" $(GOTEST) -count=1 -skip TestWhatDoesNotFit ./nn/onednn

lint: setup ## static analysis
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.2 run ./...

# Always this release: others write other text for the same program.
CLANG_VERSION := 14.0.6
CLANG := clang -x cuda --cuda-device-only -nocudainc -nocudalib -O3 -ffp-contract=off -Wall -Wno-unused-function -S
kernels: setup ## compile the graphics card's kernels to PTX
	@clang --version | grep -qF 'version $(CLANG_VERSION)' || { echo "the kernels are compiled with clang $(CLANG_VERSION), which is Debian 12's"; exit 1; }
	cd cuda/kernels && $(CLANG) --cuda-gpu-arch=sm_70 kernels.cl -o kernels.ptx
	cd cuda/kernels && $(CLANG) --cuda-gpu-arch=sm_80 tensor.cl -o tensor.ptx

# A driver that computes on the processor, to see the program with a card where
# there is none: LD_LIBRARY_PATH=out/simulator bin/agurscope doctor
SIMULATOR := $(OUT)/simulator
simulator: setup ## the simulated NVIDIA driver of the tests, as a library
	@mkdir -p $(SIMULATOR) && gcc -O2 -Wall -fPIC -shared -fvisibility=hidden -DKERNELS='"$(CURDIR)/cuda/kernels"' \
	  cuda/simulator/libcuda.c -o $(SIMULATOR)/libcuda.so.1 -lOpenCL -lpthread

# NVIDIA's assembler, out of the Python package of its compiler.
PTXAS_WHEEL := nvidia-cuda-nvcc-cu12==12.6.85
PTXAS := $(OUT)/ptxas/nvidia/cuda_nvcc/bin/ptxas
ptxas: MORE_PACKAGES := python3 python3-pip
ptxas: setup ## assemble the kernels for three generations of cards; registers and spills of each
	@test -x $(PTXAS) || python3 -m pip install -q --no-deps --target $(OUT)/ptxas --break-system-packages $(PTXAS_WHEEL)
	@for arch in sm_70 sm_80 sm_90; do for m in kernels tensor; do \
	  if [ $$arch$$m = sm_70tensor ]; then continue; fi; log=$(OUT)/ptxas/$$m-$$arch.log; \
	  $(PTXAS) -v -arch=$$arch -o $(OUT)/ptxas/$$m-$$arch.cubin cuda/kernels/$$m.ptx 2> $$log || { cat $$log; exit 1; }; \
	  echo "$$arch, $$m: $$(grep -c 'Compiling entry' $$log) kernels, $$(grep -c ' 0 bytes stack frame, 0 bytes spill stores' $$log) without spills, at most $$(grep -oE 'Used [0-9]+' $$log | sort -k2 -n | tail -1 | cut -d' ' -f2) registers"; done; done

.PHONY: traces-cuda
traces-cuda: MORE_PACKAGES := $(KERNEL_PACKAGES)
traces-cuda: setup ## ten steps of training on the simulated card beside the processor's, of six seeds
	@set -o pipefail; AGURSCOPE_SEEDS=6 $(GOTEST) -count=1 -v -run '^TestTrainingFollows' ./cuda | grep -vE '^(=== |PASS)'

FUZZTIME := 20s
fuzz: setup ## every fuzz target for FUZZTIME
	@set -e; for f in $$(git grep -lE '^func Fuzz' -- '*_test.go'); do \
	  for t in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9]*).*/\1/p' $$f); do \
	    echo "== $$(dirname $$f) $$t"; $(GOTEST) -run '^$$' -fuzz "^$$t$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x ./$$(dirname $$f); done; done

bench: build ## speed of the parts, and of one inspection end to end
	$(GOTEST) -run '^$$' -bench . -benchmem ./nn/... ./viewer ./history
	$(BIN) bench --size B --input 256 --train
	$(BIN) bench --size T --input 128 --train

# SIZES=T ROUNDS=2 TRAIN= shows that it works with the simulated driver, too.
SIZES  := T B L
ROUNDS := 50
TRAIN  := --train
PYTHON := python3
bench-cuda: build ## speed on a graphics card, beside PyTorch where that is installed (PYTHON=…)
	@$(BIN) doctor | grep -q '✓ engine cuda' || { $(BIN) doctor | grep -A1 'engine cuda'; echo "No card, nothing to measure."; exit 1; }
	@mkdir -p $(OUT) && rm -f $(OUT)/bench-cuda-*.json
	@for size in $(SIZES); do $(BIN) bench --engine cuda --size $$size --rounds $(ROUNDS) $(TRAIN) || exit 1; done
	@$(BIN) bench --engine cuda --recipe assets/demo.agur --rounds $(ROUNDS) $(TRAIN) --json > $(OUT)/bench-cuda-f32.json
	@for p in tf32 bf16; do f=$(OUT)/bench-cuda-$$p.json; \
	  $(BIN) bench --engine cuda --recipe assets/demo.agur --rounds $(ROUNDS) --precision $$p --json > $$f || rm $$f; done
	@$(PYTHON) cuda/peers/pytorch.py assets/demo.agur $(OUT)/bench-cuda-*.json --rounds $(ROUNDS) $(TORCH_FLAGS)

bench-batches: setup ## what a picture costs the network, alone and in batches of two to eight
	AGURSCOPE_BATCHES=1 $(GOTEST) -count=1 -timeout 0 -run '^TestBatches$$' -v ./nn/anomaly

bench-ui: build ## slider to screen, frames per second and memory of the real window
	$(ONSCREEN) $(BIN) bench-ui --demo

BENCH_TSNE_PACKAGES := python3-sklearn dataset-fashion-mnist
.PHONY: bench-tsne
bench-tsne: setup ## our t-SNE against scikit-learn's on 10,000 Fashion-MNIST pictures, in one run
	@dpkg-query -W $(BENCH_TSNE_PACKAGES) >/dev/null 2>&1 || { echo "Needed: apt-get install --no-install-recommends $(BENCH_TSNE_PACKAGES)"; exit 1; }
	@mkdir -p $(OUT)/tsne && go test -c -o $(OUT)/tsne/tsne.test ./nn/tsne
	@/usr/bin/python3 nn/tsne/testdata/compare.py $(OUT)/tsne/tsne.test $(OUT)/tsne

.PHONY: screenshots window-state soak-kiosk bench-mouse
# What drives the window by mouse and keyboard.
screenshots window-state soak-kiosk bench-mouse: MORE_PACKAGES = $(LOOK_PACKAGES)
.PHONY: tour
tour: MORE_PACKAGES = $(LOOK_PACKAGES) unzip
tour: build ## from a folder to a recipe at 1 % false rejects in nine actions; the pictures of README.md under out/tour
	ui/screenshots/tour.sh $(BIN) $(OUT)/tour

window-state: build ## kill -9 the window: it comes back where it was; a second one says why it is none
	ui/screenshots/state.sh $(BIN)

bench-mouse: build ## from a real mouse to the pixels: a dragged threshold with 10,000 scores, a table of 100,000 rows
	ui/screenshots/mouse.sh $(BIN)

KIOSK := 30m
soak-kiosk: build ## the kiosk at 10 parts/s for KIOSK: memory grows by 5 % at most
	ui/screenshots/soak.sh $(BIN) $(KIOSK)

screenshots: build ## a picture of every screen, theme and size, by mouse and keyboard
	ui/screenshots/screenshots.sh $(BIN) $(OUT)/screenshots

.PHONY: soak-camera
soak-camera: build ## ten minutes of a GigE Vision camera, and cameras killed 50 times
	AGURSCOPE_SOAK=10m AGURSCOPE_KILLS=50 $(GOTEST) -count=1 -timeout 60m -v -run 'CameraSoak|KillGigE|KillFFmpeg' ./ui/cli ./datasets/camera

kill: build ## kill -9 while verdicts are being written: 50 times each
	AGURSCOPE_KILLS=50 $(GOTEST) -count=1 -run Kill ./history ./ui/cli

history-million: setup ## how fast a history of a million verdicts answers and takes more; kept under out/
	@mkdir -p $(OUT) && AGURSCOPE_MILLION=1000000 $(GOTEST) -count=1 -timeout 0 -run '^TestMillion$$' -v ./history | grep -vE "^(=== |--- |PASS|ok)"
	@AGURSCOPE_MILLION=1 $(GOTEST) -count=1 -timeout 0 -run "^TestMillionCharts$$" -v ./ui/records | grep -vE "^(=== |--- |PASS|ok)"

soak-history: setup ## kill -9 a thousand times while verdicts stream, half as often with a failing disk
	AGURSCOPE_KILLS=1000 $(GOTEST) -count=1 -timeout 0 -v -run 'Killed|FaultsBelow' ./history

.PHONY: soak-line
soak-line: setup ## kill -9 of the MQTT broker while verdicts are being sent, 50 times
	AGURSCOPE_KILLS=50 go test -count=1 -timeout 30m -run Killed -v ./ui/line

# One of them: make accuracy WHICH=AccuracyTransistor
WHICH := (Accuracy.*|FalseRejectRate)
accuracy: setup ## accuracy on real and drawn parts, three hours; WHICH=AccuracyTransistor is one table
	AGURSCOPE_ACCURACY=1 $(GOTEST) -count=1 -timeout 0 -run '^Test$(WHICH)$$' -v ./ui/session

# Other people's programs, of exact versions, beside what is built.
ORT := $(OUT)/onnxruntime/bin/python
$(ORT): nn/onnx/peers/runtime.txt | setup
	@echo "Installing ONNX Runtime under $(OUT)/onnxruntime"
	@python3 -m venv --clear $(OUT)/onnxruntime && $(OUT)/onnxruntime/bin/pip install -q --no-deps -r $< && touch $(ORT)

onnx-parity: setup $(ORT) ## exported networks of every variant, computed by ONNX Runtime
	AGURSCOPE_ONNXRUNTIME=$(CURDIR)/$(ORT) $(GOTEST) -count=1 -run ONNXRuntime -v ./nn/anomaly

# The C interface of oneDNN 3: one version whose library runs everywhere, and the
# headers of a newer one, whose library wants more than a test should install.
TORCH := $(OUT)/pytorch/bin/python
$(TORCH): nn/onnx/peers/pytorch.txt | setup
	@echo "Installing PyTorch under $(OUT)/pytorch: 5 GB, most of them for graphics cards"
	@python3 -m venv --clear $(OUT)/pytorch && $(OUT)/pytorch/bin/pip install -q --no-deps -r $< && touch $(TORCH)

# PEERS="-only training -rounds 5" measures less; -into README.md renews the table.
.PHONY: bench-peers
PEERS := -into README.md
bench-peers: setup $(ORT) $(TORCH) ## speed and memory beside ONNX Runtime and PyTorch, in turn; the table of README.md
	@go build -tags $(TAGS) -o $(OUT)/peers/peers ./nn/onnx/peers
	@$(OUT)/peers/peers -onnxruntime $(ORT) -pytorch $(TORCH) $(PEERS)

.PHONY: onednn3
DNN3 := $(OUT)/onednn3
$(DNN3)/ready: | setup
	@echo "Installing oneDNN 3.2 and the headers of 3.13 under $(DNN3)"
	@python3 -m venv --clear $(DNN3)/3.2 && $(DNN3)/3.2/bin/pip install -q --no-deps onednn-cpu-gomp==2023.2.0 onednn-devel-cpu-gomp==2023.2.0
	@python3 -m venv --clear $(DNN3)/3.13 && $(DNN3)/3.13/bin/pip install -q --no-deps onednn-devel==2026.1.0
	@touch $@

onednn3: LIB = $(CURDIR)/$(DNN3)/3.2
onednn3: setup $(DNN3)/ready ## the engine with oneDNN 3 instead of the system's
	gcc -std=gnu11 -Wall -Werror -fsyntax-only -I$(DNN3)/3.13/include nn/onednn/dnn.c
	AGURSCOPE_ONEDNN=3. CGO_CFLAGS="$(CGO_CFLAGS) -I$(LIB)/include" CGO_LDFLAGS="$(CGO_LDFLAGS) -L$(LIB)/lib -Wl,-rpath,$(LIB)/lib" \
	  $(GOTEST) -count=1 ./nn/onednn ./nn/mgan ./nn/ssdae

demo: build ## draw the demonstration's parts and train its recipe anew
	rm -rf assets/demo && go run ./assets/demogen -ship assets/demo -train $(OUT)/demo-train
	$(BIN) train --set $(OUT)/demo-train --out assets/demo.agur --size T --input 160 --steps 2400 --seed 1

golden: setup ## rewrite the golden pictures of the tests; look at them before committing
	$(GOTEST) -run Golden\|Looks ./viewer ./ui/widgets ./ui/clusters ./ui/setup ./ui/kiosk -update

.PHONY: font
font: ## cut the window's Chinese fonts anew, after new words in assets/words/catalog
	@dpkg-query -W fonts-noto-cjk python3-fonttools >/dev/null 2>&1 || { echo "Needed: apt-get install --no-install-recommends fonts-noto-cjk python3-fonttools"; exit 1; }
	assets/fonts/subset.sh $$(go list -m -f '{{.Dir}}' fyne.io/fyne/v2)

icon: ## draw the icon anew
	go run ./themes/icongen

package: setup ## a package to install, under out/
	@mkdir -p $(OUT)/package && go build -tags $(TAGS),migrated_fynedo -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(OUT)/package/agurscope .
	@cp assets/icon.png LICENSE README.md $(OUT)/package/ && tar -C $(OUT) -cJf $(OUT)/agurscope-$(VERSION)-$$(go env GOOS)-$$(go env GOARCH).tar.xz package
	@ls -lh $(OUT)/agurscope-*.tar.xz

check: lint test race ## what a change must pass
	$(MAKE) fuzz FUZZTIME=5s

clean: ## remove what was built
	rm -rf bin $(OUT)
