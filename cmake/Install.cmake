include(GNUInstallDirs)
if(TARGET compute-broker)
  install(TARGETS compute-broker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
