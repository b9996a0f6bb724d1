# The program, and what a system wants beside it. An installed configuration is never overwritten:
# the example goes to the documentation.
include(GNUInstallDirs)
if(TARGET compute-broker)
  install(TARGETS compute-broker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# systemd looks below /usr/local/lib and /usr/lib, also where libraries are in lib64 or multiarch.
file(READ ${CMAKE_SOURCE_DIR}/packaging/systemd/compute-broker.service unit)
string(REPLACE "/usr/local/bin/" "${CMAKE_INSTALL_FULL_BINDIR}/" unit "${unit}")
file(WRITE ${CMAKE_BINARY_DIR}/compute-broker.service "${unit}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/packaging/systemd/compute-broker.service)
install(FILES ${CMAKE_BINARY_DIR}/compute-broker.service DESTINATION lib/systemd/system)

install(FILES packaging/compute-broker.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES packaging/man/compute-broker.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES packaging/completions/compute-broker.bash RENAME compute-broker
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
