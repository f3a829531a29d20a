# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# What is installed, and where to; bash completion and .pc files, which are made for that; packages.

BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
# crash looks into /usr/lib and /usr/lib64, whatever the architecture.
CRASHDIR   ?= $(PREFIX)/lib/crash/extensions
BASHDIR    ?= $(DATADIR)/bash-completion/completions
# Of Debian's gdb /usr/share/gdb/auto-load is safe without a word.
AUTOLOAD   ?= $(DATADIR)/gdb/auto-load/dma-verifier-gdb.py

# ---- bash completion: the tables of the program, then the part that knows none ----
$(O)/completion: $(O)/ext/completion.o $(O)/ext/options.o $(O)/libcmds.a $(O)/libdumps.a
	$(LINK) $(DUMPS_LIBS) -o $@
$(O)/completions/%: $(O)/completion ext/completion.bash
	@mkdir -p $(@D)
	$(call say,GEN,$@)$< $* >$@.new && cat ext/completion.bash >>$@.new && mv $@.new $@
COMPLETIONS = $(addprefix $(O)/completions/,dma-inspect dma-verifier)
all: $(COMPLETIONS)

# ---- what gdb loads for a program with the verifier in it: the program names the file ----
$(O)/autoload: FORCE
	@mkdir -p $(@D)
	@echo '$(AUTOLOAD)' | cmp -s - $@ || echo '$(AUTOLOAD)' >$@
$(O)/core/port/posix/posix.o: $(O)/autoload
$(O)/core/port/posix/posix.o: override CFLAGS += -DDMV_GDB_SCRIPT='"$(AUTOLOAD)"'

# ---- for pkg-config; PREFIX may be another one than the last time ----
PC = $(patsubst ext/%.pc.in,$(O)/pc/%.pc,$(wildcard ext/*.pc.in))
$(O)/pc/%.pc: ext/%.pc.in FORCE
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' $< >$@
FORCE:

# ---- the list: MODE:FILE:AS, and FILE:LINK ----
into = $(foreach f,$3,$1:$f:$2/$(notdir $f))
INSTALLED = $(call into,755,$(BINDIR),$(O)/dma-inspect $(O)/dma-verifier) \
	644:$(O)/$(LIB_SO):$(LIBDIR)/$(LIB_SO).$(VERSION) \
	$(call into,644,$(INCLUDEDIR),ext/dma-inspect.h) \
	$(call into,644,$(LIBDIR)/pkgconfig,$(PC)) \
	$(call into,644,$(CRASHDIR),$(DMA_SO)) \
	$(call into,644,$(DATADIR)/dma-inspect,$(HOST_PY)) \
	644:ext/autoload-gdb.py:$(AUTOLOAD) \
	$(call into,644,$(BASHDIR),$(COMPLETIONS)) \
	$(foreach n,1 3 5 8,$(call into,644,$(MANDIR)/man$n,$(wildcard ext/*.$n)))
# Who embeds the verifier in a process builds with these; another kernel or firmware takes core/.
INSTALLED += $(call into,644,$(LIBDIR),$(O)/libdmaverifier.a $(O)/libdmv-posix.a) \
	$(call into,644,$(INCLUDEDIR)/dmv,core/dmv.h core/dmv_abi.h core/dmv_abi_offsets.h \
		core/dmv_abi_control.h \
		core/dmv_violation.def core/port/posix/posix.h) \
	$(call into,644,$(INCLUDEDIR)/dmv/wdm,$(addprefix core/wdm/,wdm.h wdm_dma.h wdm_host.h))
LINKS = $(LIB_SO).$(VERSION):$(LIBDIR)/$(SONAME) $(SONAME):$(LIBDIR)/$(LIB_SO)
# Folders that are ours alone.
OWN_DIRS = $(DATADIR)/dma-inspect $(INCLUDEDIR)/dmv/wdm $(INCLUDEDIR)/dmv

# In a recipe $(call each,MACRO,LIST) is a line an entry; the macro gets its fields as words.
define nl


endef
each = $(foreach r,$2,$(call $1,$(subst :, ,$r))$(nl))
put  = install -D -m $(word 1,$1) $(word 2,$1) '$(DESTDIR)$(word 3,$1)'
link = ln -sf $(word 1,$1) '$(DESTDIR)$(word 2,$1)'
drop = rm -f '$(DESTDIR)$(lastword $1)'

install: all $(O)/libdmv-posix.a $(PC) ## DESTDIR= PREFIX=/usr/local LIBDIR=PREFIX/lib
	$(call each,put,$(INSTALLED))
	$(call each,link,$(LINKS))

uninstall:                          ## remove what install put there; the same DESTDIR and so on
	$(call each,drop,$(INSTALLED) $(LINKS))
	rm -rf '$(DESTDIR)$(DATADIR)/dma-inspect/__pycache__'
	@for d in $(OWN_DIRS); do [ ! -d '$(DESTDIR)'$$d ] || rmdir '$(DESTDIR)'$$d || exit 1; done

# ---- packages: of the last commit, in a copy, so that nothing is left in the tree ----
DEB = $(abspath $(O))/deb
# A clone may be somebody else's than the user who builds, root above all.
GIT = git -c safe.directory='*'
# What this make was told is not for the one inside it.
UNTOLD = env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u MAKELEVEL -u O -u CI

deb:                                ## set up; Debian packages of the last commit, in build/deb
	@$(SETUP) $(DEPS_BUILD) $(DEPS_DEB)
	+@$(AGAIN) run-deb

run-deb:
	@rm -rf $(DEB) && mkdir -p $(DEB)/dma-inspect
	@if $(GIT) rev-parse -q --verify HEAD >/dev/null 2>&1; then \
		$(GIT) diff --quiet HEAD || echo "note: what is not committed is left out" >&2; \
		$(GIT) archive HEAD; \
	else tar -c --exclude='$(patsubst $(CURDIR)/%,./%,$(abspath $(O)))' .; fi | \
		tar -x -C $(DEB)/dma-inspect
	@cd $(DEB)/dma-inspect && $(UNTOLD) dpkg-buildpackage -us -uc -j$(shell nproc) \
		>$(DEB)/build.log 2>&1 || { tail -n 40 $(DEB)/build.log; exit 1; }
	@cd $(DEB) && lintian --fail-on error,warning *.changes
	@ls -d $(O)/deb/*.deb

.PHONY: install uninstall deb run-deb FORCE
