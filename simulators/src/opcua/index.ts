export { PLANT_NAMESPACE, SimulatedPlant, usualPlant } from './plant.ts'
export type { PlantFault, PlantOptions, PlantType, PlantVariable } from './plant.ts'
