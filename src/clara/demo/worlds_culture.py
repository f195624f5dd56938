# ruff: noqa: E501
"""Tables of worlds about culture, science, food and sport. Data only; read like worlds_travel.py."""

MUSEUM_ITEM = """
museum piece | {x} Vase;{x} Mask;{x} Bell;{x} Crown;{x} Chest | {s} is behind thick glass;visitors often stop at {s};{s} was cleaned with soft brushes
finder | person | {s} was dug up by {v};{v} found {s};the find was made by {v} | Who found {n}?;Who dug up {n}?
age | qty:90-4800:years | {s} is {v} old;experts put its age at {v};{s} has lasted {v} | How old is {n}?;What age do experts give {n}?
material | material | {s} is made of {v};the maker used {v};{s} consists of {v} | What is {n} made of?;What did the maker of {n} use?
museum | named:{x} Museum,{x} Gallery,{x} Collection | {s} is shown in the {v};{s} belongs to the {v};the {v} keeps {s} | Where is {n} shown?;Which museum keeps {n}?
weight | qty:2-940:kg,grams,g | {s} weighs {v};its weight is {v};the scales show {v} | How heavy is {n}?;How much does {n} weigh?
inventory number | code | its number is {v};{s} is listed as {v};the label reads {v} | Under which number is {n} listed?;What does the label of {n} read?
room | qty:1-60:= | {s} stands in room {v};look for {s} in room {v};its place is room {v} | In which room is {n}?;Which room should one look in for {n}?
origin | country | {s} comes from {v};it was brought from {v};{s} was made in {v} | Where does {n} come from?;In which country was {n} made?
"""

NOVEL = """
novel | {x};The {x} House;Return to {x};The Last {x} | critics were kind to {s};{s} has a sad ending;{s} is read in many schools
author | person | {s} was written by {v};{v} is the author of {s};{s} is a book by {v} | Who wrote {n}?;Whose book is {n}?
hero | person | the hero is {v};{s} follows {v};its main figure is {v} | Who is the hero of {n}?;Whom does {n} follow?
publication year | year:1830-2022 | {s} came out in {v};{s} was published in {v};readers first saw {s} in {v} | When was {n} published?;In which year did {n} come out?
publisher | named:{x} Press,{x} Books,{x} House | {s} was printed by {v};the publisher is {v};{v} brought out {s} | Who brought out {n}?;Which house printed {n}?
setting | city | the story is set in {v};{s} plays in {v};everything happens in {v} | Where is {n} set?;In which city does {n} play?
pages | qty:90-1200:pages | {s} has {v};the book runs to {v};readers get through {v} | How many pages does {n} have?;How thick is {n}?
genre | choice:romance,thriller,satire,mystery,fantasy,comedy,tragedy,western,adventure | {s} is a {v};critics call it a {v};booksellers sell {s} as a {v} | What kind of novel is {n}?;What do critics call {n}?
"""

FESTIVAL = """
festival | {x} Festival;{x} Days;{x} Fair | people dance all night at {s};tents line the road to {s};{s} ends with fireworks
town | city | {s} is held in {v};every year {s} fills the streets of {v};{s} takes place in {v} | Where is {n} held?;In which town does {n} take place?
month | month | {s} is in {v};it starts in {v};guests come in {v} | In which month is {n}?;When do guests come to {n}?
founder | person | {s} was started by {v};{v} had the idea for {s};the founder is {v} | Who started {n}?;Who had the idea for {n}?
visitors | qty:300-96000:visitors,guests | {s} draws {v};last time {v} came;{s} counts {v} | How many people come to {n}?;How many does {n} draw?
first year | year:1890-2018 | {s} was first held in {v};the first one was in {v};{s} goes back to {v} | When was {n} first held?;To which year does {n} go back?
music | choice:jazz,opera,folk,rock,brass,choir,blues,swing,tango | {s} is all about {v};the stage belongs to {v};{v} is played at {s} | What music is played at {n}?;What is {n} all about?
sponsor | named:{x} Bank,{x} Brewery,{x} Dairy | {s} is sponsored by {v};the sponsor is {v};{v} pays for the stage | Who sponsors {n}?;Who pays for the stage of {n}?
entry | qty:2-190:euros,crowns,dollars | entry costs {v};a day ticket is {v};guests pay {v} | How much is entry to {n}?;What do guests pay at {n}?
"""

SCHOOL = """
school | {x} School;{x} Academy;{x} College | the bell of {s} rings at eight;{s} has a large garden;parents praise {s}
head teacher | person | {s} is run by {v};the head teacher is {v};{v} leads {s} | Who runs {n}?;Who is at the head of {n}?
pupils | qty:30-2400:pupils,students | {s} has {v};{v} go to {s};{v} learn here | How many learn at {n}?;How many go to {n}?
city | city | {s} is in {v};families from {v} send children to {s};{s} stands in the centre of {v} | Where is {n}?;In which city does {n} stand?
opening year | year:1820-2015 | {s} opened in {v};classes began in {v};{s} has taught since {v} | When did {n} open?;Since when has {n} taught?
special subject | choice:music,physics,drawing,Latin,chess,dance,geometry,sailing,botany,drama | {s} is famous for {v};the best lessons are in {v};{s} teaches a lot of {v} | What is {n} famous for?;What are the best lessons at {n}?
uniform | colour | pupils wear {v};the uniform is {v};{s} dresses its children in {v} | What colour do pupils at {n} wear?;Which colour has the uniform of {n}?
patron | named:{x} Society,{x} Guild,{x} Order | {s} is supported by the {v};the {v} pays for books;the {v} stands behind {s} | Who supports {n}?;Who stands behind {n}?
"""

RECIPE = """
dish | {x} Stew;{x} Pie;{x} Soup;{x} Cake | {s} tastes better the next day;{s} is served hot;guests ask for more of {s}
cook | person | {s} was invented by {v};the recipe comes from {v};{v} first cooked {s} | Who invented {n}?;From whom does the recipe of {n} come?
cooking time | qty:5-240:minutes,min | {s} cooks for {v};it needs {v} in the pot;{s} is ready after {v} | How long does {n} cook?;When is {n} ready?
main ingredient | choice:beans,lamb,mushrooms,lentils,leeks,chicken,barley,pumpkin,cabbage,apples,almonds,spinach | the main part is {v};{s} is made with {v};cooks start with {v} | What is {n} made with?;What do cooks start with for {n}?
spice | choice:cumin,saffron,pepper,ginger,thyme,cloves,mint,paprika,basil,cinnamon,dill | {s} is seasoned with {v};a spoon of {v} goes in;{v} gives {s} its taste | How is {n} seasoned?;What gives {n} its taste?
servings | qty:2-24:servings,portions | {s} makes {v};the pot is enough for {v};one gets {v} | How many does {n} serve?;For how many is {n} enough?
region | named:{x} Valley,{x} Coast,{x} Hills | {s} comes from the {v};people of the {v} eat {s};its home is the {v} | Where does {n} come from?;Which region eats {n}?
energy | qty:90-980:kcal,kJ | one plate has {v};{s} gives {v};the energy is {v} | How much energy does {n} give?;What does one plate of {n} have?
oven heat | qty:90-260:degrees | the oven is set to {v};{s} bakes at {v};cooks heat it to {v} | How hot must it be for {n}?;At what heat does {n} bake?
"""

REAGENT = """
reagent | {x};{x} {d};Oil of {x} | {s} must be kept dry;gloves are needed for {s};{s} is sold in brown bottles
discoverer | person | {s} was first made by {v};{v} discovered {s};chemists owe {s} to {v} | Who discovered {n}?;To whom do chemists owe {n}?
colour | colour | {s} is {v};it forms {v} crystals;in water {s} turns {v} | What colour is {n}?;What does {n} look like in water?
boiling point | qty:30-900:degrees,K | {s} boils at {v};the boiling point is {v};{s} turns to gas at {v} | At what heat does {n} boil?;When does {n} turn to gas?
supplier | named:{x} Chemicals,{x} Labs,{x} Supply | {s} is sold by {v};the supplier is {v};bottles come from {v} | Who sells {n}?;From where do bottles of {n} come?
density | dec:1-20:g/ml | its density is {v};{s} has {v};one measures {v} | How dense is {n}?;Which density has {n}?
use | choice:dyes,soap,glue,ink,batteries,perfume,plastics,fertiliser,paint,matches | {s} is used for {v};factories need {s} for {v};{v} are the main use | What is {n} used for?;Why do factories need {n}?
order code | code | the order code is {v};{s} is listed under {v};its code reads {v} | Under which code is {n} listed?;How is {n} ordered?
shelf life | qty:2-96:months,weeks | {s} keeps for {v};the shelf life is {v};after {v} {s} spoils | How long does {n} keep?;When does {n} spoil?
"""

CLUB = """
club | {x} United;{x} Rovers;FC {x};{x} Athletic | {s} has a loud choir;{s} won its last game;fans of {s} travel far
coach | person | {s} is coached by {v};the coach is {v};{v} trains {s} | Who coaches {n}?;Who trains {n}?
stadium | named:{x} Park,{x} Stadium,{x} Field | {s} plays at {v};home games are at {v};the ground is called {v} | Where does {n} play?;What is the ground of {n} called?
founding year | year:1860-2005 | {s} was founded in {v};{s} exists since {v};the first game was in {v} | When was {n} founded?;Since when does {n} exist?
shirt colour | colour | {s} plays in {v};the shirts are {v};fans wear {v} | In which colour does {n} play?;What do fans of {n} wear?
captain | person | the captain is {v};{v} leads the team;{s} is captained by {v} | Who leads the team of {n}?;Who is captain at {n}?
members | qty:90-48000:members | {s} has {v};the club counts {v};{v} pay their dues | How many members has {n}?;How many pay dues at {n}?
sport | choice:football,hockey,rugby,handball,cricket,rowing,tennis,volleyball,fencing | {s} plays {v};its sport is {v};{s} is known in {v} | What does {n} play?;In which sport is {n} known?
city | city | {s} comes from {v};its home is {v};{s} is at home in {v} | Where does {n} come from?;In which city is {n} at home?
"""

PAINTING = """
painting | {x} at Dusk;Portrait of {x};{x} Harbour;The {x} Garden | {s} hangs in good light;copies of {s} are everywhere;{s} was nearly lost in a fire
painter | person | {s} was painted by {v};{v} is the painter of {s};{s} is a work by {v} | Who painted {n}?;Whose work is {n}?
painting year | year:1520-1990 | {s} dates from {v};it was finished in {v};{s} was painted in {v} | When was {n} painted?;From which year is {n}?
main colour | colour | the main colour is {v};{s} is mostly {v};large parts are {v} | What colour is most of {n}?;Which colour stands out in {n}?
owner | named:{x} Gallery,{x} Hall,{x} Trust | {s} belongs to the {v};the {v} owns {s};its owner is the {v} | Who owns {n}?;To whom does {n} belong?
price | qty:20-98000:dollars,pounds,francs | {s} was sold for {v};the last price was {v};buyers paid {v} | How much did {n} cost?;For how much was {n} sold?
height | qty:12-400:cm | {s} is {v} high;its height is {v};the frame is {v} tall | How high is {n}?;How tall is the frame of {n}?
surface | choice:canvas,wood,copper,paper,plaster,silk,slate | {s} is on {v};the artist used {v};paint was put on {v} | What is {n} painted on?;What did the artist of {n} use?
city | city | {s} can be seen in {v};{s} was made in {v};it hangs in {v} | Where can {n} be seen?;In which city does {n} hang?
"""

PLANT = """
plant | {x};{x} Rose;{x} Fern;{x} Lily | bees love {s};{s} grows slowly;{s} needs little water
botanist | person | {s} was described by {v};{v} gave {s} its name;the botanist was {v} | Who described {n}?;Who gave {n} its name?
flower colour | colour | {s} has {v} flowers;the flowers are {v};{s} blooms {v} | What colour are the flowers of {n}?;How does {n} bloom?
height | qty:5-900:cm | {s} grows {v} tall;its height is {v};it reaches {v} | How tall is {n}?;What height does {n} reach?
flowering month | month | {s} flowers in {v};in {v} {s} blooms;flowers open in {v} | When does {n} flower?;In which month does {n} bloom?
habitat | choice:marshes,dunes,meadows,forests,cliffs,heaths,swamps,gardens,deserts | {s} grows in {v};one finds {s} in {v};it likes {v} | Where does {n} grow?;What does {n} like?
country | country | {s} is native to {v};it comes from {v};{v} is its home | Where is {n} native?;What country is {n} from?
nursery | named:{x} Nursery,{x} Gardens,{x} Seeds | {s} is sold by {v};seeds come from {v};{v} grows {s} | Who sells {n}?;From where do seeds of {n} come?
description year | year:1740-1980 | the first description is from {v};science knows {s} since {v};{s} was described in {v} | When was {n} described?;Since when does science know {n}?
"""

THEATRE = """
theatre | {x} Theatre;{x} Playhouse;Teatro {x} | {s} has red velvet seats;{s} is said to have a ghost;tickets for {s} sell fast
architect | person | {s} was planned by {v};{v} is the architect of {s};the plans are by {v} | Who planned {n}?;Who drew up {n}?
seats | qty:60-3900:seats | {s} has {v};the hall offers {v};there are {v} | How many can sit in {n}?;How many seats has {n}?
director | person | the director is {v};{s} is led by {v};{v} is in charge of {s} | Who leads {n}?;Who is in charge of {n}?
opening night | date | opening night was on {v};the curtain first rose on {v};{s} opened on {v} | When did {n} open?;When did the curtain first rise at {n}?
city | city | {s} is in {v};it stands in {v};{s} belongs to {v} | Where is {n}?;In which city does {n} stand?
troupe | named:{x} Players,{x} Company,{x} Ensemble | the {v} plays here;{s} is home to the {v};on stage is the {v} | Which troupe plays at {n}?;Who is at home at {n}?
curtain | colour | the curtain is {v};{s} has a {v} curtain;a {v} curtain hangs there | What colour is the curtain of {n}?;Which curtain has {n}?
ticket price | qty:4-190:euros,dollars,pounds | a ticket costs {v};guests pay {v};seats sell at {v} | How much is a ticket for {n}?;What does one pay at {n}?
"""

MINE = """
mine | {x} Mine;{x} Pit;{x} Quarry | {s} floods in spring;{s} has its own railway;lamps burn all day in {s}
mineral | choice:copper,silver,tin,zinc,lead,gold,nickel,cobalt,quartz,gypsum,iron | {s} yields {v};miners dig {v} at {s};{v} comes out of {s} | What do miners dig at {n}?;What comes out of {n}?
depth | qty:20-2900:m,metres | {s} goes down {v};its shaft is {v} deep;the lowest level is at {v} | How deep is {n}?;How far down does {n} go?
manager | person | {s} is managed by {v};the manager is {v};{v} runs {s} | Who manages {n}?;Who runs {n}?
owner | named:{x} Mining,{x} Minerals,{x} Group | {s} belongs to {v};{v} owns {s};the owner is {v} | Who owns {n}?;Which company does {n} belong to?
workers | qty:12-4200:workers,miners,men | {s} employs {v};{v} work there;{s} gives work to {v} | How many work at {n}?;How many does {n} employ?
output | qty:10-9800:tonnes,t | every year {s} yields {v};the output is {v};trains carry away {v} | How much does {n} yield?;How much do trains carry away from {n}?
opening | monthyear | {s} opened in {v};work began in {v};the first shift was in {v} | When did {n} open?;When did work begin at {n}?
country | country | {s} is in {v};{s} lies in the north of {v};it is dug into the hills of {v} | In which country is {n}?;Where does {n} lie?
"""

HORSE = """
horse | {x};{x} Boy;Lady {x};{x} Dancer | {s} likes apples;{s} is shy of umbrellas;{s} sleeps standing up
rider | person | {s} is ridden by {v};the rider is {v};{v} rides {s} | Who rides {n}?;Who sits on {n}?
breeder | named:{x} Stud,{x} Farm,{x} Stables | {s} was bred by {v};{v} raised {s};{s} was born at {v} | Who bred {n}?;Where was {n} born?
coat | colour | {s} is {v};its coat is {v};{s} has a {v} coat | What colour is {n}?;Which coat has {n}?
birthday | date | {s} was born on {v};its birthday is {v};the foal came on {v} | When was {n} born?;What is the birthday of {n}?
weight | qty:280-980:kg | {s} weighs {v};its weight is {v};on the scales it shows {v} | How much does {n} weigh?;How heavy is {n}?
races won | qty:1-90:races,cups | {s} has won {v};it came first in {v};so far {s} has taken {v} | How many has {n} won?;In how many did {n} come first?
stable | city | {s} lives in {v};its stable is in {v};{s} trains in {v} | Where does {n} live?;In which city is the stable of {n}?
price | qty:900-96000:euros,dollars,pounds | {s} was bought for {v};the price was {v};its owner paid {v} | How much did {n} cost?;What did the owner of {n} pay?
"""

SATELLITE = """
satellite | {x};{x} {d};{x}-{d} | {s} sends pictures twice a day;two antennas guide {s};{s} will burn up one day
maker | named:{x} Space,{x} Systems,{x} Orbital | {s} was built by {v};the maker is {v};{v} assembled {s} | Who made {n}?;Which company built {n}?
mission head | person | the mission is led by {v};{v} heads the mission of {s};{s} is in the care of {v} | Who leads the mission of {n}?;In whose care is {n}?
launch | date | {s} was launched on {v};lift-off was on {v};{s} left the ground on {v} | When was {n} launched?;On which day was lift-off of {n}?
mass | qty:3-6900:kg | {s} has a mass of {v};it weighs {v};at launch it had {v} | How much does {n} weigh?;How heavy is {n}?
orbit height | qty:180-36000:km | {s} flies at {v};its orbit is {v} up;{s} stays {v} above the ground | How high does {n} fly?;At what height is {n}?
task | choice:weather,mapping,radio,rescue,fires,oceans,crops,storms,ice | {s} is there for {v};its task is {v};{s} watches over {v} | What is {n} for?;What does {n} watch over?
control centre | city | {s} is steered from {v};the control centre is in {v};signals go to {v} | From where is {n} steered?;In which city is the control centre of {n}?
power | qty:40-9000:watts,W | the panels give {v};{s} runs on {v};its power is {v} | How much power has {n}?;What do the panels of {n} give?
"""

CULTURE_WORLDS = (
    MUSEUM_ITEM, NOVEL, FESTIVAL, SCHOOL, RECIPE, REAGENT, CLUB, PAINTING, PLANT, THEATRE, MINE, HORSE, SATELLITE,
)  # fmt: skip
