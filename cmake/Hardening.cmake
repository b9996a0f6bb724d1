# What is installed listens on a network: it is built as Debian builds its own programs
# (dpkg-buildflags with hardening=+all), and with the standard library's own checks. Sanitizers
# bring their own; tests/tidy/check_hardening.sh looks at the result.
include(CheckCXXCompilerFlag)
set(BROKER_HARDENING_COMPILE -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
  -D_GLIBCXX_ASSERTIONS)
set(BROKER_HARDENING_LINK -pie -Wl,-z,relro -Wl,-z,now)
foreach(flag stack-clash-protection cf-protection)  # not on every architecture
  check_cxx_compiler_flag(-f${flag} BROKER_HAS_${flag})
  if(BROKER_HAS_${flag})
    list(APPEND BROKER_HARDENING_COMPILE -f${flag})
  endif()
endforeach()
