# broker_room(core USES base LIBRARIES OpenSSL::Crypto)
#
# A room is a folder of src/ and one static library, linked only to the rooms it may use. Its
# sources are all its *.cc; those that end in _test.cc are its unit tests (one program a room).
function(broker_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES;TEST_USES;TEST_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_main)\\.cc$")
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} ${scope} broker_options ${ROOM_USES} ${ROOM_LIBRARIES})
  if(BROKER_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${ROOM_TEST_USES} ${ROOM_TEST_LIBRARIES}
      GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
      PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()
