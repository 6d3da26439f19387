# find_package(slicebed): for scenarios outside of this tree, linked with what `make setup` built here.
#
#   find_package(slicebed REQUIRED)                      # -Dslicebed_DIR=<this folder>
#   slicebed_add_scenario(my-scenario my-scenario.cc)    # slicebed-my-scenario
#
# See docs/own-scenario.md.
get_filename_component(slicebed_root "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)
if(NOT DEFINED Python_EXECUTABLE AND EXISTS "${slicebed_root}/.venv/bin/python")
  set(Python_EXECUTABLE "${slicebed_root}/.venv/bin/python")
endif()
file(GLOB slicebed_targets "${slicebed_root}/build/cp*/slicebedTargets.cmake")
if(NOT slicebed_targets)
  message(FATAL_ERROR "Slicebed is not built: run `make setup` in ${slicebed_root}")
endif()
list(POP_BACK slicebed_targets slicebed_newest) # of several versions of Python

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
include("${CMAKE_CURRENT_LIST_DIR}/Slicebedns3.cmake")
find_package(Protobuf REQUIRED)
find_package(cppzmq REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
include("${slicebed_newest}")

# Beside the scenarios of Slicebed, where `slicebed` finds them.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND "${Python_EXECUTABLE}" -c
          "from pyctl.launch.installed import binary_directory as b; print(b())"
  OUTPUT_VARIABLE slicebed_bin_dir
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# slicebed_add_scenario(<name> <source>...): the program slicebed-<name>
function(slicebed_add_scenario name)
  add_executable(slicebed-${name} ${ARGN})
  target_link_libraries(slicebed-${name} slicebed::slicebed-adaptor)
  set_target_properties(
    slicebed-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}"
                                BUILD_RPATH "${SLICEBED_NS3_LIBDIR}"
                                INSTALL_RPATH "${SLICEBED_NS3_LIBDIR}")
  install(TARGETS slicebed-${name} DESTINATION "${slicebed_bin_dir}")
endfunction()
