#pragma once

// libyaml, the YAML 1.1 parser by its author's hand: https://pyyaml.org/wiki/LibYAML
#include <yaml.h>
