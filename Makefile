# A fresh machine needs Python 3.11 or later with venv, and make. `make app` serves; `make test` proves.
PYTHON ?= python3
BIN := .venv/bin
OUT ?= runs/default
FAIRFACE := HuggingFaceM4/FairFace
DATA ?= $(if $(NAMES_DATA),,$(FAIRFACE))
DATA_CONFIG ?= $(if $(subst x$(FAIRFACE),,x$(DATA)),,0.25)
DATA_LICENCE ?= $(if $(subst x$(FAIRFACE),,x$(DATA)),,cc-by-4.0)
MANIFEST ?= train/recipes/fairface.parquet
FOLDER ?= $(if $(filter file,$(origin OUT)),space,$(OUT))/model
RECIPE ?= train/recipes/fine-tune.txt

# What each target takes beside PYTHON; a variable that none of the targets asked for takes is refused.
train.takes = DATA DATA_CONFIG DATA_LICENCE SAMPLE EPOCHS TEACHER OUT RECIPE MORE
reproduce.takes = DATA DATA_CONFIG DATA_LICENCE MANIFEST STUDENT OUT MORE
collect.takes = ADDRESSES OUT MORE
annotate.takes = ANNOTATOR OUT MORE
data.takes = DATA DATA_CONFIG SAMPLE OUT RECIPE MORE
crops.takes = OUT RECIPE MORE
fit.takes = EPOCHS TEACHER OUT RECIPE MORE
export.takes = OUT RECIPE MORE
select.takes = OUT RECIPE MORE
evaluate.takes = DATA DATA_CONFIG MODEL OUT RECIPE MORE
baselines.takes = OUT RECIPE MORE
card.takes = DATA DATA_CONFIG DATA_LICENCE TEACHER OUT RECIPE MORE
score.takes = DATA OUT KEEP MORE
publish.takes = MODEL OUT FOLDER DRY_RUN MORE
publish-dataset.takes = DATASET LICENCE SOURCE OUT RECIPE DRY_RUN MORE
space.takes = SPACE MODEL_ID MODEL_REVISION DRY_RUN MORE
bench.takes = PARTS
GOALS = $(or $(MAKECMDGOALS),help)
label.is_now = annotate
choose.is_now = select
$(foreach goal,$(GOALS),$(if $($(goal).is_now),$(error make $(goal) is now make $($(goal).is_now))))
TAKEN = $(sort $(foreach goal,$(GOALS),$($(goal).takes)))
GIVEN = $(foreach name,$(filter-out -%,$(.VARIABLES)),$(if $(findstring command line,$(origin $(name))),$(name)))
STRAY = $(strip $(filter-out $(TAKEN) PYTHON SHELL MAKE%,$(GIVEN)))
$(if $(STRAY),$(error make $(GOALS) takes $(or $(TAKEN),no variables), not $(STRAY)))

# A value, whatever is in it, as one word of the shell; a flag with it, if it is not empty.
quoted = '$(subst ','\'',$(1))'
flag = $(if $(2),--$(1) $(call quoted,$(2)))
OUT_FLAG = --out $(call quoted,$(OUT))
RUN_FLAGS = --recipe $(call quoted,$(RECIPE)) $(OUT_FLAG)
NAMES_DATA = $(shell grep -sE "^([^\#]*[ '])?--data[= ]" $(call quoted,$(RECIPE)))
DATA_FLAGS = $(call flag,data,$(DATA)) $(call flag,data_config,$(DATA_CONFIG))
LICENCE_FLAG = $(call flag,data_licence,$(DATA_LICENCE))
SAMPLE_FLAG = $(call flag,sample,$(SAMPLE))
MEASURED = $(or $(MODEL),$(if $(filter command line,$(origin DATA)),$(OUT)/model))
EPOCHS_FLAG = $(call flag,epochs,$(EPOCHS))
TEACHER_FLAG = $(call flag,teacher,$(TEACHER))
DRY = $(if $(DRY_RUN),--dry_run)

.PHONY: help app install install-scale check format test quick bench torture audit screenshots train reproduce collect annotate data crops fit export select evaluate baselines card score publish publish-dataset space version clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-16s %s\n", $$1, $$2}'

app: .venv/serving ## the page on http://127.0.0.1:7860, with the bundled model
	$(BIN)/python app.py

install: .venv/everything ## everything: serving, training, tests

install-scale: .venv/scale ## and Ray, for `make score`

check: .venv/everything ## style, format, types, the direction of imports, unused code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=space:. $(BIN)/lint-imports
	$(BIN)/vulture

format: .venv/everything ## put code into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: .venv/everything ## every test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

quick: .venv/everything ## the tests that take no time
	$(BIN)/python -m pytest -m "not slow"

bench: .venv/everything ## speed and size against their targets, into docs/benchmarks.md; on a quiet machine
	$(BIN)/python -W ignore -m tests.bench $(PARTS)

torture: .venv/everything ## hours of odd files, fuzzing, load, soak, kills and full disks, with the figures; see SECURITY.md
	$(BIN)/python -W ignore -m tests.torture

audit: .venv/everything ## known holes in what is pinned; asks PyPI
	$(BIN)/pip-audit --requirement requirements.txt --no-deps --disable-pip

screenshots: .venv/everything ## README's pictures of the page, with the bundled model; needs Chromium
	$(BIN)/python -m tests.screenshots

train: .venv/everything ## every stage: DATA=a Hub name or folder, OUT=folder of the run, SAMPLE=400 for a quick look, MORE="any further flags"
	$(BIN)/python -m train $(RUN_FLAGS) $(DATA_FLAGS) $(LICENCE_FLAG) $(SAMPLE_FLAG) $(EPOCHS_FLAG) $(TEACHER_FLAG) $(MORE)

reproduce: .venv/everything ## public checkpoints and FairFace -> the shipped model, every step resumable: OUT=folder, STUDENT=recipe
	$(BIN)/python -m train.reproduce $(OUT_FLAG) $(DATA_FLAGS) $(LICENCE_FLAG) $(call flag,manifest,$(MANIFEST)) $(call flag,student,$(STUDENT)) $(MORE)

collect: .venv/everything ## addresses -> pictures: ADDRESSES=file of addresses, OUT=folder of the run
	$(BIN)/python -m train.collect --addresses $(call quoted,$(ADDRESSES)) $(OUT_FLAG) $(MORE)

annotate: .venv/everything ## unlabelled pictures -> labelled ones, in the browser: ANNOTATOR=your name, OUT=folder of the run
	$(BIN)/python -m train.annotate --annotator $(call quoted,$(ANNOTATOR)) $(OUT_FLAG) $(MORE)

data: .venv/everything ## raw data -> clean data: DATA=a Hub name, folder or CSV
	$(BIN)/python -m train.data $(RUN_FLAGS) $(DATA_FLAGS) $(SAMPLE_FLAG) $(MORE)

crops: .venv/everything ## clean data -> crops
	$(BIN)/python -m train.crops $(RUN_FLAGS) $(MORE)

fit: .venv/everything ## crops -> model folder, EPOCHS=passes over the faces; goes on where it was stopped
	$(BIN)/python -m train.fit $(RUN_FLAGS) $(EPOCHS_FLAG) $(TEACHER_FLAG) $(MORE)

export: .venv/everything ## model folder -> its ONNX, int8 where that holds
	$(BIN)/python -m train.export $(RUN_FLAGS) $(MORE)

select: .venv/everything ## models, averages of weights -> a table on held-out training faces: MORE='--candidates A A+B:0.2 --by "age band"'
	$(BIN)/python -m train.evaluate.select $(RUN_FLAGS) $(MORE)

evaluate: .venv/everything ## model + held-out photos -> metrics.json, plots, errors; MODEL=folder or Hub name and DATA=all of your photos: without training
	$(BIN)/python -m train.evaluate $(RUN_FLAGS) $(call flag,model,$(MEASURED)) $(if $(MEASURED),$(DATA_FLAGS)) $(MORE)

baselines: .venv/everything ## eigenfaces, a small CNN, the Haar cascade: the same faces, the same table
	$(BIN)/python -m train.baselines $(RUN_FLAGS) $(MORE)

card: .venv/everything ## metrics.json -> the model's card
	$(BIN)/python -m train.publish.card $(RUN_FLAGS) $(DATA_FLAGS) $(LICENCE_FLAG) $(TEACHER_FLAG) $(MORE)

score: .venv/scale ## a data set of any size -> table of results and report: DATA=folder, Hub name or address, OUT=folder, KEEP=columns
	$(if $(filter file,$(origin DATA)),$(error make score reads what DATA= names: a folder, a Hub name or an address))
	$(if $(filter file,$(origin OUT)),$(error make score writes where OUT= says: name a folder))
	$(BIN)/python -m train.score --data $(call quoted,$(DATA)) $(OUT_FLAG) $(call flag,keep,$(KEEP)) $(MORE)

publish: .venv/everything ## model -> Hub: MODEL=user/name, OUT=folder of the run, without it the bundled one; DRY_RUN=1 only checks and shows
	$(BIN)/python -m train.publish.model --to $(call quoted,$(MODEL)) --folder $(call quoted,$(FOLDER)) $(DRY) $(MORE)

publish-dataset: .venv/everything ## crops of a run -> Hub: DATASET=user/name OUT=folder LICENCE=cc-by-4.0 SOURCE="where from"; DRY_RUN=1
	$(BIN)/python -m train.publish.dataset --to $(call quoted,$(DATASET)) --licence $(call quoted,$(LICENCE)) --source $(call quoted,$(SOURCE)) $(DRY) $(RUN_FLAGS) $(MORE)

space: .venv/everything ## space/ -> a running Space: SPACE=user/name MODEL_ID=user/name MODEL_REVISION=v1.2.3; DRY_RUN=1
	$(BIN)/python -m train.publish.space --to $(call quoted,$(SPACE)) --model_id $(call quoted,$(MODEL_ID)) --model_revision $(call quoted,$(MODEL_REVISION)) $(DRY) $(MORE)

version: ## the one version of code, model and Space
	@sed -n 's/^VERSION = "\(.*\)".*/\1/p' space/face_gender/settings.py

clean: ## forget the environment
	rm -rf .venv

.venv/bin/python:
	@$(call quoted,$(PYTHON)) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	$(call quoted,$(PYTHON)) -m venv .venv || { rm -rf .venv; echo "Python's venv is needed: apt-get install python3-venv, or the like"; exit 1; }

.venv/serving: space/requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --requirement space/requirements.txt --editable .
	@touch $@

.venv/everything: requirements.txt space/requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --requirement requirements.txt --editable .
	@touch .venv/serving $@

.venv/scale: requirements-scale.txt requirements.txt space/requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --requirement requirements-scale.txt --editable .
	@touch .venv/serving .venv/everything $@
